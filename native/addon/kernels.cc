#include "tickswap/kernels.h"
#include "tickswap/hash.h"

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
  add_function<first_non_finite>(env, exports, "firstNonFinite");
  add_function<implementation>(env, exports, "implementation");
  add_function<available>(env, exports, "available");
  add_function<kernels>(env, exports, "kernels");
}

} // namespace tickswap
