#include "tickswap/blake3.h"

#include <vector>

#include "addon.h"

namespace tickswap {

namespace {

// 64 hex digits.
napi_value hex_of(Napi::Env env, const uint8_t *hash) {
  static const char digits[] = "0123456789abcdef";
  char text[2 * TS_BLAKE3_BYTES];
  for (size_t i = 0; i < TS_BLAKE3_BYTES; i++) {
    text[2 * i] = digits[hash[i] >> 4];
    text[2 * i + 1] = digits[hash[i] & 15];
  }
  napi_value value = nullptr;
  napi_create_string_latin1(env, text, sizeof text, &value);
  return value;
}

// blake3(view): string
Napi::Value blake3(const Napi::CallbackInfo &info) {
  View view;
  if (!read_view(info, 0, &view)) return info.Env().Undefined();
  uint8_t hash[TS_BLAKE3_BYTES];
  ts_blake3(view.data, view.bytes, hash);
  return Napi::Value(info.Env(), hex_of(info.Env(), hash));
}

// blake3Many(views): string[]
Napi::Value blake3_many(const Napi::CallbackInfo &info) {
  Napi::Env env = info.Env();
  uint32_t count = 0;
  if (napi_get_array_length(env, info[0], &count) != napi_ok) {
    fail(env, "TICKSWAP_E_OPTION", "an argument is not an array");
    return env.Undefined();
  }
  std::vector<const uint8_t *> data(count);
  std::vector<size_t> bytes(count);
  for (uint32_t i = 0; i < count; i++) {
    napi_value element = nullptr;
    View view;
    // An array may have a getter that throws.
    if (napi_get_element(env, info[0], i, &element) != napi_ok) return env.Undefined();
    if (!read_view(env, element, &view)) return env.Undefined();
    data[i] = view.data;
    bytes[i] = view.bytes;
  }
  std::vector<uint8_t> hashes(size_t{count} * TS_BLAKE3_BYTES);
  ts_blake3_many(data.data(), bytes.data(), count, hashes.data());
  napi_value result = nullptr;
  napi_create_array_with_length(env, count, &result);
  for (uint32_t i = 0; i < count; i++)
    napi_set_element(env, result, i, hex_of(env, hashes.data() + size_t{i} * TS_BLAKE3_BYTES));
  return Napi::Value(env, result);
}

} // namespace

void add_blake3(Napi::Env env, Napi::Object exports) {
  add_function<blake3>(env, exports, "blake3");
  add_function<blake3_many>(env, exports, "blake3Many");
}

} // namespace tickswap
