// What the files of the glue share: the state of one environment and the checks of arguments.
#ifndef TICKSWAP_ADDON_H
#define TICKSWAP_ADDON_H

#include <napi.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "tickswap/registry.h"

namespace tickswap {

class Writes;

// Memory that JavaScript attached. The reference keeps the view, and so the
// SharedArrayBuffer under it, alive while the raw pointer is held.
struct Memory {
  Napi::Reference<Napi::TypedArray> view;
  uint8_t *data = nullptr;
  size_t bytes = 0;
  uint32_t handle = 0;
  bool has_registry = false;
  ts_registry registry = {};
  std::shared_ptr<Writes> writes;

  Memory();
  Memory(Memory &&);
  ~Memory();
};

// The account that the kernel keeps of this environment's thread, opened when it is first asked for.
struct ThreadTime {
  static constexpr int UNKNOWN = -2;
  int file = UNKNOWN;

  ~ThreadTime();
  double delay_ms();
};

struct ExitStore;

// One per environment (main thread, each worker); only its own thread touches it.
struct State {
  Napi::FunctionReference make_error;
  std::vector<Memory> memories;
  std::vector<uint32_t> free_slots;
  std::vector<std::unique_ptr<ExitStore>> exit_stores;
  uint32_t next_token = 1;
  ThreadTime thread_time;

  State();
  ~State();
};

State &state_of(Napi::Env env);

// Throws through the factory that `install` set, so that JavaScript sees its own error class.
void fail(Napi::Env env, const char *code, const char *message);

// The argument as an integer from 0 to `most`; throws and returns false otherwise.
bool read_integer(const Napi::CallbackInfo &info, size_t index, uint64_t most, uint64_t *out);

// The attached memory of a handle; throws and returns null for a handle that is not attached.
Memory *read_memory(const Napi::CallbackInfo &info, size_t index);

// The bytes of a range of attached memory; throws and returns null when it leaves the memory.
uint8_t *range_of(Napi::Env env, const Memory &memory, uint64_t offset, uint64_t bytes);

// What a typed array shows. `data` may be null when there are no bytes.
struct View {
  uint8_t *data = nullptr;
  size_t bytes = 0;
  napi_typedarray_type type = napi_uint8_array;
  bool is_shared = false;
};

// The bytes of a typed array; throws and returns false for anything else and for a detached one.
bool read_view(Napi::Env env, napi_value value, View *out);

// The same of an argument.
bool read_view(const Napi::CallbackInfo &info, size_t index, View *out);

// What the typed arrays of an array show.
struct Views {
  std::vector<const uint8_t *> data;
  std::vector<size_t> bytes;
};

// The bytes of each element of an argument, an array of typed arrays; throws and returns false for anything
// else.
bool read_views(const Napi::CallbackInfo &info, size_t index, Views *out);

// Two hex digits for each byte.
std::vector<char> hex_digits(const uint8_t *bytes, size_t count);
Napi::Value latin1(Napi::Env env, const std::vector<char> &text);

// A registry, and the memory that arguments are passed in.
struct RegistryCall {
  Memory *memory = nullptr;
  Memory *scratch = nullptr;
};

// The first arguments: the handle of a registry, and with `has_scratch` that of scratch memory;
// throws and returns false for anything else.
bool read_registry(const Napi::CallbackInfo &info, bool has_scratch, RegistryCall *out);

// A name: argument 2 is its bytes, which are at the start of the scratch memory. Null when it throws.
const uint8_t *read_name(const Napi::CallbackInfo &info, const Memory &scratch, uint32_t *bytes);

// Brings the length of attached memory up to date: that of a view that grows with its buffer.
void measure(Napi::Env env, Memory *memory);

// What an operation made, or its negative status.
Napi::Value registry_result(Napi::Env env, ts_status status, uint32_t made);

void add_memory(Napi::Env env, Napi::Object exports);
void add_kernels(Napi::Env env, Napi::Object exports);
void add_registry(Napi::Env env, Napi::Object exports);
void add_registry_reads(Napi::Env env, Napi::Object exports);
void add_arena(Napi::Env env, Napi::Object exports);
void add_blake3(Napi::Env env, Napi::Object exports);
void add_objects(Napi::Env env, Napi::Object exports);
void add_writes(Napi::Env env, Napi::Object exports);
void add_exit_store(Napi::Env env, Napi::Object exports);
void add_thread_time(Napi::Env env, Napi::Object exports);

template <Napi::Value (*callback)(const Napi::CallbackInfo &)>
void add_function(Napi::Env env, Napi::Object exports, const char *name) {
  exports.Set(name, Napi::Function::New<callback>(env, name));
}

} // namespace tickswap

#endif
