#include "tickswap/arena.h"

#include <cstring>
#include <memory>

#include "addon.h"
#include "tickswap/hash.h"
#include "tickswap/kernels.h"
#include "writes.h"

namespace tickswap {

namespace {

// The largest integer a double holds exactly; ranges are checked against the memory afterwards.
constexpr uint64_t MOST_OFFSET = (uint64_t{1} << 53) - 1;

// The arguments `first` and after it, a handle and an offset, as `bytes` of attached memory
// aligned to `align`; throws and returns null for anything else.
uint8_t *read_range(const Napi::CallbackInfo &info, size_t first, uint64_t bytes, size_t align = 1) {
  uint64_t offset;
  Memory *memory = read_memory(info, first);
  if (memory == nullptr || !read_integer(info, first + 1, MOST_OFFSET, &offset)) return nullptr;
  uint8_t *at = range_of(info.Env(), *memory, offset, bytes);
  if (at == nullptr || reinterpret_cast<uintptr_t>(at) % align == 0) return at;
  fail(info.Env(), "TICKSWAP_E_OPTION", "a range is not aligned as what it holds");
  return nullptr;
}

bool read_pages(const Napi::CallbackInfo &info, size_t index, uint64_t *pages) {
  return read_integer(info, index, UINT32_MAX, pages);
}

Napi::Value number(const Napi::CallbackInfo &info, uint64_t value) {
  return Napi::Number::New(info.Env(), static_cast<double>(value));
}

// Whether two ranges share memory without being the same.
bool overlaps(const uint8_t *a, const uint8_t *b, uint64_t bytes) {
  return a != b && a < b + bytes && b < a + bytes;
}

// copyRange(to, toOffset, from, fromOffset, bytes): the snapshot copy
Napi::Value copy_range(const Napi::CallbackInfo &info) {
  uint64_t bytes;
  if (!read_integer(info, 4, MOST_OFFSET, &bytes)) return info.Env().Undefined();
  uint8_t *to = read_range(info, 0, bytes);
  const uint8_t *from = to == nullptr ? nullptr : read_range(info, 2, bytes);
  if (from == nullptr) return info.Env().Undefined();
  if (overlaps(to, from, bytes)) std::memmove(to, from, bytes);
  else if (to != from) ts_kernels.copy(to, from, bytes);
  return info.Env().Undefined();
}

// xorRange(out, outOffset, a, aOffset, b, bOffset, bytes)
Napi::Value xor_range(const Napi::CallbackInfo &info) {
  uint64_t bytes;
  if (!read_integer(info, 6, MOST_OFFSET, &bytes)) return info.Env().Undefined();
  uint8_t *out = read_range(info, 0, bytes);
  const uint8_t *a = out == nullptr ? nullptr : read_range(info, 2, bytes);
  const uint8_t *b = a == nullptr ? nullptr : read_range(info, 4, bytes);
  if (b == nullptr) return info.Env().Undefined();
  if (overlaps(out, a, bytes) || overlaps(out, b, bytes))
    fail(info.Env(), "TICKSWAP_E_OPTION", "the result of an XOR overlaps what it is made from");
  else ts_kernels.xor_bytes(out, a, b, bytes);
  return info.Env().Undefined();
}

// changedPages(now, nowOffset, before, beforeOffset, pages, indices, indicesOffset): their number
Napi::Value changed_pages(const Napi::CallbackInfo &info) {
  uint64_t pages;
  if (!read_pages(info, 4, &pages)) return info.Env().Undefined();
  const uint8_t *now = read_range(info, 0, pages * TS_PAGE_BYTES);
  const uint8_t *before = now == nullptr ? nullptr : read_range(info, 2, pages * TS_PAGE_BYTES);
  uint8_t *indices = before == nullptr ? nullptr : read_range(info, 5, pages * 4, 4);
  if (indices == nullptr) return info.Env().Undefined();
  return number(info, ts_kernels.changed_pages(now, before, pages, reinterpret_cast<uint32_t *>(indices)));
}

// hashPages(data, dataOffset, pages, hashes, hashesOffset)
Napi::Value hash_pages(const Napi::CallbackInfo &info) {
  uint64_t pages;
  if (!read_pages(info, 2, &pages)) return info.Env().Undefined();
  const uint8_t *data = read_range(info, 0, pages * TS_PAGE_BYTES);
  uint8_t *hashes = data == nullptr ? nullptr : read_range(info, 3, pages * 8, 8);
  if (hashes != nullptr) ts_hash_pages(data, pages, reinterpret_cast<uint64_t *>(hashes));
  return info.Env().Undefined();
}

// rehashPages(data, dataOffset, pages, hashes, hashesOffset, indices, indicesOffset): number changed
Napi::Value rehash_pages(const Napi::CallbackInfo &info) {
  uint64_t pages;
  if (!read_pages(info, 2, &pages)) return info.Env().Undefined();
  const uint8_t *data = read_range(info, 0, pages * TS_PAGE_BYTES);
  uint8_t *hashes = data == nullptr ? nullptr : read_range(info, 3, pages * 8, 8);
  uint8_t *indices = hashes == nullptr ? nullptr : read_range(info, 5, pages * 4, 4);
  if (indices == nullptr) return info.Env().Undefined();
  return number(info, ts_rehash_pages(data, pages, reinterpret_cast<uint64_t *>(hashes),
                                      reinterpret_cast<uint32_t *>(indices)));
}

// copyPages(to, toOffset, from, fromOffset, pages, indices, indicesOffset, count): the named
// pages of two ranges of `pages`
Napi::Value copy_pages(const Napi::CallbackInfo &info) {
  uint64_t pages, count;
  if (!read_pages(info, 4, &pages) || !read_pages(info, 7, &count)) return info.Env().Undefined();
  uint8_t *to = read_range(info, 0, pages * TS_PAGE_BYTES);
  const uint8_t *from = to == nullptr ? nullptr : read_range(info, 2, pages * TS_PAGE_BYTES);
  const uint8_t *list = from == nullptr ? nullptr : read_range(info, 5, count * 4, 4);
  if (list == nullptr) return info.Env().Undefined();
  const auto *indices = reinterpret_cast<const uint32_t *>(list);
  for (uint64_t i = 0; i < count; i++) {
    // Copied one at a time, so that another thread cannot change an index after it was checked.
    uint32_t index = __atomic_load_n(&indices[i], __ATOMIC_RELAXED);
    if (index >= pages) {
      fail(info.Env(), "TICKSWAP_E_OPTION", "an index of a page leaves the range");
      return info.Env().Undefined();
    }
    ts_kernels.copy_pages(to, from, &index, 1);
  }
  return info.Env().Undefined();
}

} // namespace

void add_arena(Napi::Env env, Napi::Object exports) {
  add_function<copy_range>(env, exports, "copyRange");
  add_function<xor_range>(env, exports, "xorRange");
  add_function<changed_pages>(env, exports, "changedPages");
  add_function<hash_pages>(env, exports, "hashPages");
  add_function<rehash_pages>(env, exports, "rehashPages");
  add_function<copy_pages>(env, exports, "copyPages");
  add_writes(env, exports);
}

} // namespace tickswap
