#include "tickswap/blake3.h"

#include <vector>

#include "addon.h"

namespace tickswap {

std::vector<char> hex_digits(const uint8_t *bytes, size_t count) {
  static const char digits[] = "0123456789abcdef";
  std::vector<char> text(2 * count);
  for (size_t i = 0; i < count; i++) {
    text[2 * i] = digits[bytes[i] >> 4];
    text[2 * i + 1] = digits[bytes[i] & 15];
  }
  return text;
}

Napi::Value latin1(Napi::Env env, const std::vector<char> &text) {
  napi_value value = nullptr;
  napi_create_string_latin1(env, text.data(), text.size(), &value);
  return Napi::Value(env, value);
}

namespace {

Napi::Value hex_of(Napi::Env env, const uint8_t *bytes, size_t count) {
  return latin1(env, hex_digits(bytes, count));
}

// As read_view, and quicker: what is asked besides only tells whether an empty view is a detached one.
bool read_plain_view(Napi::Env env, napi_value value, View *view) {
  void *data = nullptr;
  size_t length = 0;
  bool is_view =
      napi_get_typedarray_info(env, value, &view->type, &length, &data, nullptr, nullptr) == napi_ok;
  if (!is_view || length == 0 || view->type != napi_uint8_array) return read_view(env, value, view);
  view->data = static_cast<uint8_t *>(data);
  view->bytes = length;
  return true;
}

} // namespace

bool read_views(const Napi::CallbackInfo &info, size_t index, Views *out) {
  Napi::Env env = info.Env();
  uint32_t count = 0;
  if (napi_get_array_length(env, info[index], &count) != napi_ok) {
    fail(env, "TICKSWAP_E_OPTION", "an argument is not an array");
    return false;
  }
  out->data.resize(count);
  out->bytes.resize(count);
  for (uint32_t i = 0; i < count; i++) {
    napi_value element = nullptr;
    View view;
    // An array may have a getter that throws.
    if (napi_get_element(env, info[index], i, &element) != napi_ok) return false;
    if (!read_plain_view(env, element, &view)) return false;
    out->data[i] = view.data;
    out->bytes[i] = view.bytes;
  }
  return true;
}

namespace {

// blake3(view): string
Napi::Value blake3(const Napi::CallbackInfo &info) {
  View view;
  if (!read_view(info, 0, &view)) return info.Env().Undefined();
  uint8_t hash[TS_BLAKE3_BYTES];
  ts_blake3(view.data, view.bytes, hash);
  return hex_of(info.Env(), hash, sizeof hash);
}

// blake3Many(views): the hashes of all of them, in one string
Napi::Value blake3_many(const Napi::CallbackInfo &info) {
  Napi::Env env = info.Env();
  Views views;
  if (!read_views(info, 0, &views)) return env.Undefined();
  std::vector<uint8_t> hashes(views.data.size() * TS_BLAKE3_BYTES);
  ts_blake3_many(views.data.data(), views.bytes.data(), views.data.size(), hashes.data());
  return hex_of(env, hashes.data(), hashes.size());
}

} // namespace

void add_blake3(Napi::Env env, Napi::Object exports) {
  add_function<blake3>(env, exports, "blake3");
  add_function<blake3_many>(env, exports, "blake3Many");
}

} // namespace tickswap
