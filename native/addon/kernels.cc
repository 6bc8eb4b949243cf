#include "tickswap/kernels.h"
#include "tickswap/hash.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "addon.h"

namespace tickswap {

namespace {

// The largest integer a double holds exactly; ranges are checked against the memory afterwards.
constexpr uint64_t MOST_OFFSET = (uint64_t{1} << 53) - 1;

// seed: a bigint taken modulo 2^64, 0 when absent
bool read_seed(const Napi::CallbackInfo &info, size_t index, uint64_t *out) {
  *out = 0;
  if (info[index].IsUndefined()) return true;
  bool lossless;
  if (napi_get_value_bigint_uint64(info.Env(), info[index], out, &lossless) == napi_ok) return true;
  fail(info.Env(), "TICKSWAP_E_OPTION", "a seed is not a bigint");
  return false;
}

// hash(view, seed?): bigint
Napi::Value hash(const Napi::CallbackInfo &info) {
  View view;
  uint64_t seed;
  if (!read_view(info, 0, &view) || !read_seed(info, 1, &seed)) return info.Env().Undefined();
  return Napi::BigInt::New(info.Env(), ts_hash64(view.data, view.bytes, seed));
}

// hashRange(handle, offset, bytes, seed?): bigint
Napi::Value hash_range(const Napi::CallbackInfo &info) {
  uint64_t offset, bytes, seed;
  Memory *memory = read_memory(info, 0);
  if (memory == nullptr || !read_integer(info, 1, MOST_OFFSET, &offset) ||
      !read_integer(info, 2, MOST_OFFSET, &bytes) || !read_seed(info, 3, &seed))
    return info.Env().Undefined();
  const uint8_t *data = range_of(info.Env(), *memory, offset, bytes);
  if (data == nullptr) return info.Env().Undefined();
  return Napi::BigInt::New(info.Env(), ts_hash64(data, bytes, seed));
}

// compareKeys(handle, offsetA, offsetB): -1, 0 or 1
Napi::Value compare_keys(const Napi::CallbackInfo &info) {
  uint64_t a, b;
  Memory *memory = read_memory(info, 0);
  if (memory == nullptr || !read_integer(info, 1, MOST_OFFSET, &a) || !read_integer(info, 2, MOST_OFFSET, &b))
    return info.Env().Undefined();
  const uint8_t *left = range_of(info.Env(), *memory, a, sizeof(ts_version_key));
  const uint8_t *right = left == nullptr ? nullptr : range_of(info.Env(), *memory, b, sizeof(ts_version_key));
  if (right == nullptr) return info.Env().Undefined();
  if (reinterpret_cast<uintptr_t>(left) % 4 != 0 || reinterpret_cast<uintptr_t>(right) % 4 != 0) {
    fail(info.Env(), "TICKSWAP_E_OPTION", "a version key is not aligned to 4 bytes");
    return info.Env().Undefined();
  }
  return Napi::Number::New(info.Env(),
                           ts_kernels.version_compare(reinterpret_cast<const ts_version_key *>(left),
                                                      reinterpret_cast<const ts_version_key *>(right)));
}

// compareMany(handle, probeOffset, keysOffset, count, out, outOffset): the order of each key against the
// probe
Napi::Value compare_many(const Napi::CallbackInfo &info) {
  uint64_t probe_at, keys_at, count, out_at;
  Memory *memory = read_memory(info, 0);
  Memory *out = memory == nullptr ? nullptr : read_memory(info, 4);
  if (out == nullptr || !read_integer(info, 1, MOST_OFFSET, &probe_at) ||
      !read_integer(info, 2, MOST_OFFSET, &keys_at) || !read_integer(info, 3, UINT32_MAX, &count) ||
      !read_integer(info, 5, MOST_OFFSET, &out_at))
    return info.Env().Undefined();
  const uint8_t *probe = range_of(info.Env(), *memory, probe_at, sizeof(ts_version_key));
  const uint8_t *keys =
      probe == nullptr ? nullptr : range_of(info.Env(), *memory, keys_at, count * sizeof(ts_version_key));
  uint8_t *orders = keys == nullptr ? nullptr : range_of(info.Env(), *out, out_at, count);
  if (orders == nullptr) return info.Env().Undefined();
  if (reinterpret_cast<uintptr_t>(probe) % 4 != 0 || reinterpret_cast<uintptr_t>(keys) % 4 != 0)
    fail(info.Env(), "TICKSWAP_E_OPTION", "a version key is not aligned to 4 bytes");
  else
    ts_kernels.version_compare_many(reinterpret_cast<const ts_version_key *>(probe),
                                    reinterpret_cast<const ts_version_key *>(keys), count,
                                    reinterpret_cast<int8_t *>(orders));
  return info.Env().Undefined();
}

// sortRecords(handle, recordsOffset, records, list, listOffset, count): sorts the indices in place
Napi::Value sort_records(const Napi::CallbackInfo &info) {
  uint64_t records_at, records, list_at, count;
  Memory *memory = read_memory(info, 0);
  Memory *list = memory == nullptr ? nullptr : read_memory(info, 3);
  if (list == nullptr || !read_integer(info, 1, MOST_OFFSET, &records_at) ||
      !read_integer(info, 2, UINT32_MAX, &records) || !read_integer(info, 4, MOST_OFFSET, &list_at) ||
      !read_integer(info, 5, UINT32_MAX, &count))
    return info.Env().Undefined();
  const uint8_t *first = range_of(info.Env(), *memory, records_at, records * sizeof(ts_version_record));
  uint8_t *indices = first == nullptr ? nullptr : range_of(info.Env(), *list, list_at, count * 4);
  if (indices == nullptr) return info.Env().Undefined();
  // A copy: what was checked is what is sorted, whoever else writes to the list.
  std::vector<uint32_t> sorted(count), scratch(count);
  if (count > 0) std::memcpy(sorted.data(), indices, count * 4);
  bool is_inside = std::all_of(sorted.begin(), sorted.end(), [&](uint32_t index) { return index < records; });
  if (!is_inside || reinterpret_cast<uintptr_t>(first) % 8 != 0) {
    fail(info.Env(), "TICKSWAP_E_OPTION",
         "an index names no record, or the records are not aligned to 8 bytes");
    return info.Env().Undefined();
  }
  ts_version_sort(reinterpret_cast<const ts_version_record *>(first), sorted.data(), count, scratch.data());
  if (count > 0) std::memcpy(indices, sorted.data(), count * 4);
  return info.Env().Undefined();
}

// firstNonFinite(handle, offset, count, bytesPerElement): index or -1
Napi::Value first_non_finite(const Napi::CallbackInfo &info) {
  uint64_t offset, count, element;
  Memory *memory = read_memory(info, 0);
  if (memory == nullptr || !read_integer(info, 1, MOST_OFFSET, &offset) ||
      !read_integer(info, 2, MOST_OFFSET >> 3, &count) || !read_integer(info, 3, 8, &element))
    return info.Env().Undefined();
  if (element != 4 && element != 8) {
    fail(info.Env(), "TICKSWAP_E_OPTION", "a float has 4 or 8 bytes");
    return info.Env().Undefined();
  }
  const uint8_t *data = range_of(info.Env(), *memory, offset, count * element);
  if (data == nullptr) return info.Env().Undefined();
  int64_t found = element == 4 ? ts_kernels.first_non_finite_f32(data, count)
                               : ts_kernels.first_non_finite_f64(data, count);
  return Napi::Number::New(info.Env(), static_cast<double>(found));
}

// The first bad float of a range of `memory` in the named pages, or -1; an index past the memory is passed
// over.
int64_t first_in_pages(const uint8_t *data, uint64_t offset, uint64_t bytes, uint64_t element,
                       const uint32_t *pages, uint64_t page_count) {
  auto scan = element == 4 ? ts_kernels.first_non_finite_f32 : ts_kernels.first_non_finite_f64;
  for (uint64_t i = 0; i < page_count; i++) {
    // Loaded once, so that another thread cannot change it after it was compared.
    uint64_t page = uint64_t{__atomic_load_n(&pages[i], __ATOMIC_RELAXED)} * TS_PAGE_BYTES;
    uint64_t from = std::max(offset, page), end = std::min(offset + bytes, page + TS_PAGE_BYTES);
    if (from >= end) continue;
    int64_t found = scan(data + from, (end - from) / element);
    if (found >= 0) return static_cast<int64_t>((from - offset) / element) + found;
  }
  return -1;
}

// firstNonFiniteIn(handle, offset, count, bytesPerElement, indices, pages): index or -1
Napi::Value first_non_finite_in(const Napi::CallbackInfo &info) {
  uint64_t offset, count, element, pages;
  Memory *memory = read_memory(info, 0);
  Memory *list = memory == nullptr ? nullptr : read_memory(info, 4);
  if (list == nullptr || !read_integer(info, 1, MOST_OFFSET, &offset) ||
      !read_integer(info, 2, MOST_OFFSET >> 3, &count) || !read_integer(info, 3, 8, &element) ||
      !read_integer(info, 5, UINT32_MAX, &pages))
    return info.Env().Undefined();
  const uint8_t *indices = range_of(info.Env(), *list, 0, pages * 4);
  const uint8_t *data = indices == nullptr ? nullptr : range_of(info.Env(), *memory, offset, count * element);
  if (data == nullptr) return info.Env().Undefined();
  if ((element != 4 && element != 8) || offset % element != 0 ||
      reinterpret_cast<uintptr_t>(indices) % 4 != 0) {
    fail(info.Env(), "TICKSWAP_E_OPTION", "a float has 4 or 8 bytes and lies at a multiple of them");
    return info.Env().Undefined();
  }
  int64_t found = first_in_pages(memory->data, offset, count * element, element,
                                 reinterpret_cast<const uint32_t *>(indices), pages);
  return Napi::Number::New(info.Env(), static_cast<double>(found));
}

Napi::Value implementation(const Napi::CallbackInfo &info) {
  return Napi::String::New(info.Env(), ts_kernels.implementation);
}

// available(): the implementations that this machine runs, best last
Napi::Value available(const Napi::CallbackInfo &info) {
  Napi::Array names = Napi::Array::New(info.Env());
  for (uint32_t i = 0; ts_kernels_available(i) != nullptr; i++)
    names.Set(i, Napi::String::New(info.Env(), ts_kernels_available(i)));
  return names;
}

// kernels(): whose form of each kernel runs, by the kernel's name
Napi::Value kernels(const Napi::CallbackInfo &info) {
  Napi::Object table = Napi::Object::New(info.Env());
  const char *kernel, *owner;
  for (size_t i = 0; ts_kernels_describe(i, &kernel, &owner); i++)
    table.Set(kernel, Napi::String::New(info.Env(), owner));
  return table;
}

} // namespace

void add_kernels(Napi::Env env, Napi::Object exports) {
  add_function<hash>(env, exports, "hash");
  add_function<hash_range>(env, exports, "hashRange");
  add_function<compare_keys>(env, exports, "compareKeys");
  add_function<compare_many>(env, exports, "compareMany");
  add_function<sort_records>(env, exports, "sortRecords");
  add_function<first_non_finite>(env, exports, "firstNonFinite");
  add_function<first_non_finite_in>(env, exports, "firstNonFiniteIn");
  add_function<implementation>(env, exports, "implementation");
  add_function<available>(env, exports, "available");
  add_function<kernels>(env, exports, "kernels");
}

} // namespace tickswap
