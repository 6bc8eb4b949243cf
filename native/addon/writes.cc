#include "writes.h"

#include <map>

#include "tickswap/kernels.h"

namespace tickswap {

Writes::~Writes() {
  close();
}

void Writes::close() {
  if (is_open) ts_dirty_close(&dirty);
  is_open = false;
}

ts_status Writes::begin() {
  std::lock_guard<std::mutex> held(mutex);
  if (is_open || resting > 0) return TS_E_BUSY;
  ts_status status = ts_dirty_open(&dirty, data, bytes);
  is_open = status == TS_OK;
  return status;
}

ts_status Writes::take(uint32_t *out, size_t *count) {
  std::lock_guard<std::mutex> held(mutex);
  if (resting > 0) resting--;
  if (!is_open) return TS_E_STATE;
  ts_status status = ts_dirty_take(&dirty, out, count);
  if (status != TS_OK) close();
  return status;
}

ts_status Writes::peek(uint32_t *out, size_t *count) {
  std::lock_guard<std::mutex> held(mutex);
  return is_open ? ts_dirty_peek(&dirty, out, count) : TS_E_STATE;
}

void Writes::rest(uint32_t takes) {
  std::lock_guard<std::mutex> held(mutex);
  close();
  resting = takes;
}

bool Writes::is_heavy_again(bool is_heavy) {
  std::lock_guard<std::mutex> held(mutex);
  bool again = is_heavy && was_heavy;
  was_heavy = is_heavy;
  return again;
}

namespace {

std::mutex table_mutex;

// By the address and length of the memory; what no thread holds any more has expired.
std::map<std::pair<uint8_t *, size_t>, std::weak_ptr<Writes>> &table() {
  static auto *all = new std::map<std::pair<uint8_t *, size_t>, std::weak_ptr<Writes>>();
  return *all;
}

// The tracking of a memory, the same one for every thread that asks while another holds it.
Writes &writes_of(Memory &memory) {
  if (memory.writes != nullptr) return *memory.writes;
  std::lock_guard<std::mutex> held(table_mutex);
  auto &all = table();
  for (auto it = all.begin(); it != all.end();) it = it->second.expired() ? all.erase(it) : std::next(it);
  auto &known = all[{memory.data, memory.bytes}];
  memory.writes = known.lock();
  if (memory.writes == nullptr) known = memory.writes = std::make_shared<Writes>(memory);
  return *memory.writes;
}

// writeObstacle(): why writes are not tracked here, empty where they are; asked of the kernel once in a
// process
Napi::Value write_obstacle(const Napi::CallbackInfo &info) {
  static const char *const obstacle = ts_dirty_obstacle();
  return Napi::String::New(info.Env(), obstacle == nullptr ? "" : obstacle);
}

// trackWrites(handle): 0 or status
Napi::Value track_writes(const Napi::CallbackInfo &info) {
  Memory *memory = read_memory(info, 0);
  if (memory == nullptr) return info.Env().Undefined();
  return Napi::Number::New(info.Env(), writes_of(*memory).begin());
}

// The attached memory of an argument as room for the index of every page of another; throws for anything
// else.
uint32_t *read_indices(const Napi::CallbackInfo &info, size_t index, const Memory &of) {
  Memory *memory = read_memory(info, index);
  uint8_t *out = memory == nullptr ? nullptr : range_of(info.Env(), *memory, 0, of.bytes / TS_PAGE_BYTES * 4);
  if (out == nullptr || reinterpret_cast<uintptr_t>(out) % 4 == 0) return reinterpret_cast<uint32_t *>(out);
  fail(info.Env(), "TICKSWAP_E_OPTION", "a range is not aligned as what it holds");
  return nullptr;
}

// Of a memory and room for the indices of its pages: number of pages, or status
Napi::Value written(const Napi::CallbackInfo &info, ts_status (Writes::*ask)(uint32_t *, size_t *)) {
  Memory *memory = read_memory(info, 0);
  uint32_t *indices = memory == nullptr ? nullptr : read_indices(info, 1, *memory);
  if (indices == nullptr) return info.Env().Undefined();
  size_t count = 0;
  ts_status status = (writes_of(*memory).*ask)(indices, &count);
  return Napi::Number::New(info.Env(),
                           status == TS_OK ? static_cast<double>(count) : static_cast<double>(status));
}

// takeWritten(handle, indices): number of pages, or status
Napi::Value take_written(const Napi::CallbackInfo &info) {
  return written(info, &Writes::take);
}

// peekWritten(handle, indices): number of pages, or status
Napi::Value peek_written(const Napi::CallbackInfo &info) {
  return written(info, &Writes::peek);
}

// The two memories of mirrorMemory and the room for the indices of their pages.
struct Mirrored {
  Memory *memory = nullptr;
  Memory *copy = nullptr;
  uint32_t *indices = nullptr;
};

bool read_mirrored(const Napi::CallbackInfo &info, Mirrored *out) {
  out->memory = read_memory(info, 0);
  out->copy = out->memory == nullptr ? nullptr : read_memory(info, 1);
  if (out->copy == nullptr || range_of(info.Env(), *out->copy, 0, out->memory->bytes) == nullptr)
    return false;
  out->indices = read_indices(info, 2, *out->memory);
  return out->indices != nullptr;
}

// mirrorMemory(memory, copy, indices, isBack, mostPages, takes): bytes copied. All in one call:
// a thread that is terminated ends before it or after it.
Napi::Value mirror_memory(const Napi::CallbackInfo &info) {
  Mirrored mirrored;
  uint64_t is_back, most_pages, takes;
  if (!read_mirrored(info, &mirrored) || !read_integer(info, 3, 1, &is_back) ||
      !read_integer(info, 4, UINT32_MAX, &most_pages) || !read_integer(info, 5, UINT32_MAX, &takes))
    return info.Env().Undefined();
  auto [memory, copy, indices] = mirrored;
  uint8_t *to = is_back ? memory->data : copy->data;
  const uint8_t *from = is_back ? copy->data : memory->data;
  Writes &writes = writes_of(*memory);
  size_t count = 0;
  if (writes.take(indices, &count) == TS_OK) {
    // One take of many pages may only be the first in a long while.
    if (writes.is_heavy_again(count > most_pages)) writes.rest(static_cast<uint32_t>(takes));
    ts_kernels.copy_pages(to, from, indices, count);
    return Napi::Number::New(info.Env(), static_cast<double>(count * TS_PAGE_BYTES));
  }
  // Tracking begins first, so that what is written from here on is found the next time.
  writes.begin();
  ts_kernels.copy(to, from, memory->bytes);
  return Napi::Number::New(info.Env(), static_cast<double>(memory->bytes));
}

// restWrites(handle, takes)
Napi::Value rest_writes(const Napi::CallbackInfo &info) {
  uint64_t takes;
  Memory *memory = read_memory(info, 0);
  if (memory != nullptr && read_integer(info, 1, UINT32_MAX, &takes))
    writes_of(*memory).rest(static_cast<uint32_t>(takes));
  return info.Env().Undefined();
}

} // namespace

void add_writes(Napi::Env env, Napi::Object exports) {
  add_function<write_obstacle>(env, exports, "writeObstacle");
  add_function<track_writes>(env, exports, "trackWrites");
  add_function<take_written>(env, exports, "takeWritten");
  add_function<peek_written>(env, exports, "peekWritten");
  add_function<mirror_memory>(env, exports, "mirrorMemory");
  add_function<rest_writes>(env, exports, "restWrites");
}

} // namespace tickswap
