#include "writes.h"

namespace tickswap {

namespace {

// tracksWrites(): whether this machine can; asked of the kernel once in a process
Napi::Value tracks_writes(const Napi::CallbackInfo &info) {
  static const bool can = ts_dirty_probe() == 1;
  return Napi::Boolean::New(info.Env(), can);
}

// trackWrites(handle): 0 or status
Napi::Value track_writes(const Napi::CallbackInfo &info) {
  Memory *memory = read_memory(info, 0);
  if (memory == nullptr) return info.Env().Undefined();
  if (memory->writes != nullptr) return Napi::Number::New(info.Env(), TS_E_BUSY);
  ts_dirty dirty;
  ts_status status = ts_dirty_open(&dirty, memory->data, memory->bytes);
  if (status == TS_OK) {
    memory->writes = std::make_unique<Writes>();
    memory->writes->dirty = dirty;
  }
  return Napi::Number::New(info.Env(), status);
}

// takeWritten(handle, indices): number of pages, or status
Napi::Value take_written(const Napi::CallbackInfo &info) {
  Memory *memory = read_memory(info, 0);
  Memory *indices = memory == nullptr ? nullptr : read_memory(info, 1);
  if (indices == nullptr) return info.Env().Undefined();
  if (memory->writes == nullptr) {
    fail(info.Env(), "TICKSWAP_E_OPTION", "writes to this memory are not tracked");
    return info.Env().Undefined();
  }
  uint8_t *out = range_of(info.Env(), *indices, 0, memory->bytes / TS_PAGE_BYTES * 4);
  if (out == nullptr) return info.Env().Undefined();
  if (reinterpret_cast<uintptr_t>(out) % 4 != 0) {
    fail(info.Env(), "TICKSWAP_E_OPTION", "a range is not aligned as what it holds");
    return info.Env().Undefined();
  }
  size_t count = 0;
  ts_status status = ts_dirty_take(&memory->writes->dirty, reinterpret_cast<uint32_t *>(out), &count);
  return Napi::Number::New(info.Env(),
                           status == TS_OK ? static_cast<double>(count) : static_cast<double>(status));
}

} // namespace

void add_writes(Napi::Env env, Napi::Object exports) {
  add_function<tracks_writes>(env, exports, "tracksWrites");
  add_function<track_writes>(env, exports, "trackWrites");
  add_function<take_written>(env, exports, "takeWritten");
}

} // namespace tickswap
