#include "addon.h"
#include "writes.h"

namespace tickswap {

Memory::Memory() = default;
Memory::Memory(Memory &&) = default;
Memory::~Memory() = default;

namespace {

// A handle is a slot in the low bits and a serial above it, so that an old
// handle does not reach the memory that was attached in its slot later.
constexpr uint32_t SLOT_BITS = 16;
constexpr uint32_t SLOT_MASK = (1u << SLOT_BITS) - 1;
constexpr uint32_t MOST_SERIAL = 0x7fff;

size_t element_bytes(napi_typedarray_type type) {
  switch (type) {
  case napi_int8_array:
  case napi_uint8_array:
  case napi_uint8_clamped_array:
    return 1;
  case napi_int16_array:
  case napi_uint16_array:
    return 2;
  case napi_int32_array:
  case napi_uint32_array:
  case napi_float32_array:
    return 4;
  default:
    return 8;
  }
}

uint32_t take_slot(State &state) {
  if (!state.free_slots.empty()) {
    uint32_t slot = state.free_slots.back();
    state.free_slots.pop_back();
    return slot;
  }
  state.memories.emplace_back();
  return static_cast<uint32_t>(state.memories.size() - 1);
}

// attach(view): a handle. The view must lie on a SharedArrayBuffer, whose
// memory cannot be taken away while the handle lives.
Napi::Value attach(const Napi::CallbackInfo &info) {
  Napi::Env env = info.Env();
  View view;
  if (!read_view(info, 0, &view)) return env.Undefined();
  if (!view.is_shared) {
    fail(env, "TICKSWAP_E_OPTION", "only a view of a SharedArrayBuffer can be attached");
    return env.Undefined();
  }
  State &state = state_of(env);
  if (state.free_slots.empty() && state.memories.size() > SLOT_MASK) {
    fail(env, "TICKSWAP_E_OPTION", "65,536 memories are attached already; detach some");
    return env.Undefined();
  }
  uint32_t slot = take_slot(state);
  Memory &memory = state.memories[slot];
  uint32_t serial = (memory.handle >> SLOT_BITS) % MOST_SERIAL + 1;
  memory.view = Napi::Persistent(info[0].As<Napi::TypedArray>());
  memory.data = view.data;
  memory.bytes = view.bytes;
  memory.handle = serial << SLOT_BITS | slot;
  memory.has_registry = false;
  return Napi::Number::New(env, memory.handle);
}

Napi::Value detach(const Napi::CallbackInfo &info) {
  Memory *memory = read_memory(info, 0);
  if (memory == nullptr) return info.Env().Undefined();
  memory->writes.reset();
  memory->view.Reset();
  memory->data = nullptr;
  memory->bytes = 0;
  memory->has_registry = false;
  state_of(info.Env()).free_slots.push_back(memory->handle & SLOT_MASK);
  return info.Env().Undefined();
}

} // namespace

bool read_view(const Napi::CallbackInfo &info, size_t index, View *out) {
  return read_view(info.Env(), info[index], out);
}

bool read_view(Napi::Env env, napi_value value, View *out) {
  napi_value buffer;
  void *data = nullptr;
  size_t length = 0;
  if (napi_get_typedarray_info(env, value, &out->type, &length, &data, &buffer, nullptr) != napi_ok) {
    fail(env, "TICKSWAP_E_OPTION", "an argument is not a typed array");
    return false;
  }
  bool is_plain = false, is_detached = false;
  napi_is_arraybuffer(env, buffer, &is_plain);
  if (is_plain && length == 0) napi_is_detached_arraybuffer(env, buffer, &is_detached);
  if (is_detached) {
    fail(env, "TICKSWAP_E_OPTION", "the buffer of a typed array is detached");
    return false;
  }
  out->data = static_cast<uint8_t *>(data);
  out->bytes = length * element_bytes(out->type);
  out->is_shared = !is_plain;
  return true;
}

void measure(Napi::Env env, Memory *memory) {
  napi_typedarray_type type;
  size_t length = 0;
  void *data = nullptr;
  napi_value buffer;
  if (napi_get_typedarray_info(env, memory->view.Value(), &type, &length, &data, &buffer, nullptr) ==
          napi_ok &&
      data == memory->data)
    memory->bytes = length * element_bytes(type);
}

Memory *read_memory(const Napi::CallbackInfo &info, size_t index) {
  uint64_t handle;
  if (!read_integer(info, index, UINT32_MAX, &handle)) return nullptr;
  State &state = state_of(info.Env());
  size_t slot = handle & SLOT_MASK;
  if (slot < state.memories.size()) {
    Memory &memory = state.memories[slot];
    if (memory.handle == handle && !memory.view.IsEmpty()) return &memory;
  }
  fail(info.Env(), "TICKSWAP_E_OPTION", "a handle is not, or no longer, attached");
  return nullptr;
}

uint8_t *range_of(Napi::Env env, const Memory &memory, uint64_t offset, uint64_t bytes) {
  static uint8_t none;
  if (offset <= memory.bytes && bytes <= memory.bytes - offset)
    return memory.data == nullptr ? &none : memory.data + offset;
  fail(env, "TICKSWAP_E_OPTION", "a range leaves the attached memory");
  return nullptr;
}

void add_memory(Napi::Env env, Napi::Object exports) {
  add_function<attach>(env, exports, "attach");
  add_function<detach>(env, exports, "detach");
}

} // namespace tickswap
