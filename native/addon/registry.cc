#include "tickswap/registry.h"

#include <cstring>

#include "addon.h"

namespace tickswap {

Napi::Value registry_result(Napi::Env env, ts_status status, uint32_t made) {
  return Napi::Number::New(env, status == TS_OK ? static_cast<double>(made) : static_cast<double>(status));
}

bool read_registry(const Napi::CallbackInfo &info, bool has_scratch, RegistryCall *out) {
  out->memory = read_memory(info, 0);
  if (out->memory == nullptr) return false;
  if (!out->memory->has_registry) {
    fail(info.Env(), "TICKSWAP_E_OPTION", "no registry was created or attached in this memory");
    return false;
  }
  if (has_scratch) out->scratch = read_memory(info, 1);
  return !has_scratch || out->scratch != nullptr;
}

namespace {

// units, versions, mostUnits, mostVersions, ownSlots, from argument `first` on
bool read_capacity(const Napi::CallbackInfo &info, size_t first, ts_registry_capacity *out) {
  uint32_t *const fields[] = {&out->units, &out->versions, &out->most_units, &out->most_versions,
                              &out->own_slots};
  for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
    uint64_t value;
    if (!read_integer(info, first + i, UINT32_MAX, &value)) return false;
    *fields[i] = static_cast<uint32_t>(value);
  }
  return true;
}

// registryBytes(units, versions, mostUnits, mostVersions, ownSlots): bytes, 0 when out of range
template <uint64_t (*bytes_of)(const ts_registry_capacity *)>
Napi::Value registry_bytes(const Napi::CallbackInfo &info) {
  ts_registry_capacity capacity = {};
  if (!read_capacity(info, 0, &capacity)) return info.Env().Undefined();
  return Napi::Number::New(info.Env(), static_cast<double>(bytes_of(&capacity)));
}

// registryCreate(handle, units, versions, mostUnits, mostVersions, ownSlots): 0 or status
Napi::Value registry_create(const Napi::CallbackInfo &info) {
  ts_registry_capacity capacity = {};
  Memory *memory = read_memory(info, 0);
  if (memory == nullptr || !read_capacity(info, 1, &capacity)) return info.Env().Undefined();
  ts_status status = ts_registry_create(&memory->registry, memory->data, memory->bytes, &capacity);
  memory->has_registry = status == TS_OK;
  return registry_result(info.Env(), status, 0);
}

// registryAttach(handle): 0 or status
Napi::Value registry_attach(const Napi::CallbackInfo &info) {
  Memory *memory = read_memory(info, 0);
  if (memory == nullptr) return info.Env().Undefined();
  ts_status status = ts_registry_attach(&memory->registry, memory->data, memory->bytes);
  memory->has_registry = status == TS_OK;
  return registry_result(info.Env(), status, 0);
}

// registryExtend(handle): growable memory is taken at the length it has by now
Napi::Value registry_extend(const Napi::CallbackInfo &info) {
  RegistryCall call;
  if (!read_registry(info, false, &call)) return info.Env().Undefined();
  measure(info.Env(), call.memory);
  ts_registry_extend(&call.memory->registry, call.memory->bytes);
  return info.Env().Undefined();
}

// registryGrownBytes(handle): bytes after one more growth, 0 when there is none
Napi::Value grown_bytes(const Napi::CallbackInfo &info) {
  RegistryCall call;
  if (!read_registry(info, false, &call)) return info.Env().Undefined();
  return Napi::Number::New(info.Env(), static_cast<double>(ts_registry_grown_bytes(&call.memory->registry)));
}

// registryGrow(handle, growths): 0 or status
Napi::Value grow(const Napi::CallbackInfo &info) {
  RegistryCall call;
  uint64_t growths;
  if (!read_registry(info, false, &call) || !read_integer(info, 1, UINT32_MAX, &growths))
    return info.Env().Undefined();
  ts_status status = ts_registry_grow(&call.memory->registry, static_cast<uint32_t>(growths));
  return registry_result(info.Env(), status, 0);
}

// registryPublish(handle, generation): 0 or status
Napi::Value publish(const Napi::CallbackInfo &info) {
  RegistryCall call;
  uint64_t generation;
  if (!read_registry(info, false, &call) || !read_integer(info, 1, UINT32_MAX, &generation))
    return info.Env().Undefined();
  ts_status status = ts_registry_publish(&call.memory->registry, static_cast<uint32_t>(generation));
  return registry_result(info.Env(), status, 0);
}

// registryRegisterUnit(handle, scratch, nameBytes): index or status
Napi::Value register_unit(const Napi::CallbackInfo &info) {
  RegistryCall call;
  uint32_t bytes = 0, index = 0;
  if (!read_registry(info, true, &call)) return info.Env().Undefined();
  const uint8_t *name = read_name(info, *call.scratch, &bytes);
  if (name == nullptr) return info.Env().Undefined();
  ts_status status = ts_registry_register_unit(&call.memory->registry, name, bytes, &index);
  return registry_result(info.Env(), status, index);
}

// registryRegisterVersion(handle, scratch): record or status. The scratch memory
// holds a version record, as it lies in a registry, and its tail after it.
Napi::Value register_version(const Napi::CallbackInfo &info) {
  RegistryCall call;
  if (!read_registry(info, true, &call)) return info.Env().Undefined();
  const uint8_t *at = range_of(info.Env(), *call.scratch, 0, sizeof(ts_version_record) + TS_TAIL_BYTES);
  if (at == nullptr) return info.Env().Undefined();
  ts_version_record written;
  std::memcpy(&written, at, sizeof written);
  ts_version_draft draft = {};
  draft.key = written.key;
  draft.flags = written.flags;
  draft.unit = written.unit;
  draft.timestamp_ms = written.timestamp_ms;
  draft.content_hash = written.content_hash;
  draft.prerelease_bytes = written.prerelease_bytes;
  draft.metadata_bytes = written.metadata_bytes;
  draft.tail = at + sizeof written;
  uint32_t record = 0;
  ts_status status = ts_registry_register_version(&call.memory->registry, &draft, &record);
  return registry_result(info.Env(), status, record);
}

// registrySetState(handle, record, state): 0 or status
Napi::Value set_state(const Napi::CallbackInfo &info) {
  RegistryCall call;
  uint64_t record, state;
  if (!read_registry(info, false, &call) || !read_integer(info, 1, UINT32_MAX, &record) ||
      !read_integer(info, 2, UINT8_MAX, &state))
    return info.Env().Undefined();
  ts_status status = ts_registry_set_state(&call.memory->registry, static_cast<uint32_t>(record),
                                           static_cast<ts_version_state>(state));
  return registry_result(info.Env(), status, 0);
}

// registryStage(handle, scratch, count): generation or status. The scratch memory
// holds `count` pairs of unit and record.
Napi::Value stage(const Napi::CallbackInfo &info) {
  RegistryCall call;
  uint64_t count;
  if (!read_registry(info, true, &call) || !read_integer(info, 2, TS_MAX_UNITS, &count))
    return info.Env().Undefined();
  const uint8_t *at = range_of(info.Env(), *call.scratch, 0, count * sizeof(ts_move));
  if (at == nullptr) return info.Env().Undefined();
  std::vector<ts_move> moves(count);
  if (count > 0) std::memcpy(moves.data(), at, count * sizeof(ts_move));
  uint32_t generation = 0;
  ts_status status =
      ts_registry_stage(&call.memory->registry, moves.data(), static_cast<uint32_t>(count), &generation);
  return registry_result(info.Env(), status, generation);
}

// The layout as the C compiler sees it, under the names that the TypeScript table uses.
Napi::Value layout(const Napi::CallbackInfo &info) {
  Napi::Object table = Napi::Object::New(info.Env());
  auto set = [&](const char *name, size_t value) {
    table.Set(name, Napi::Number::New(info.Env(), static_cast<double>(value)));
  };
#define TS_LAYOUT_ENTRY(name, value) set(name, value);
#include "layout_entries.h"
#undef TS_LAYOUT_ENTRY
  return table;
}

} // namespace

void add_registry(Napi::Env env, Napi::Object exports) {
  add_function<registry_bytes<ts_registry_bytes>>(env, exports, "registryBytes");
  add_function<registry_bytes<ts_registry_most_bytes>>(env, exports, "registryMostBytes");
  add_function<registry_create>(env, exports, "registryCreate");
  add_function<registry_attach>(env, exports, "registryAttach");
  add_function<registry_extend>(env, exports, "registryExtend");
  add_function<grown_bytes>(env, exports, "registryGrownBytes");
  add_function<grow>(env, exports, "registryGrow");
  add_function<register_unit>(env, exports, "registryRegisterUnit");
  add_function<register_version>(env, exports, "registryRegisterVersion");
  add_function<set_state>(env, exports, "registrySetState");
  add_function<stage>(env, exports, "registryStage");
  add_function<publish>(env, exports, "registryPublish");
  add_registry_reads(env, exports);
  add_function<layout>(env, exports, "layout");
}

} // namespace tickswap
