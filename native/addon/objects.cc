// Records of objects as src/store/tiers/packed.ts describes them: whole, many at a time, each byte touched
// once.
#include "tickswap/blake3.h"
#include "tickswap/hash.h"

#include <cstring>
#include <vector>

#include "addon.h"

namespace tickswap {

namespace {

// A seal: the kind and an XXH3-64 of the head. The head: the encoding, the size and when it came.
constexpr uint8_t KIND_OBJECT = 2;
constexpr uint8_t RAW_AND_DATED = 0x80;
constexpr size_t SUM_AT = 1;
constexpr size_t HEAD_AT = 9;
constexpr size_t SIZE_AT = 10;
constexpr size_t TIME_AT = 14;
constexpr size_t BODY_AT = 22;
constexpr size_t HEX_BYTES = size_t{2} * TS_BLAKE3_BYTES;

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "records are little-endian");

// FNV-1a over the key, `o/` and the hash, from a beginning of the kind's own.
uint32_t seed_of(const char *hex) {
  uint32_t seed = 0x811c9dc5 ^ KIND_OBJECT;
  const auto add = [&seed](char c) { seed = (seed ^ static_cast<uint8_t>(c)) * 0x01000193; };
  add('o');
  add('/');
  for (size_t i = 0; i < HEX_BYTES; i++) add(hex[i]);
  return seed;
}

void write_head(uint8_t *record, uint32_t size, double at, const char *hex) {
  record[0] = KIND_OBJECT;
  record[HEAD_AT] = RAW_AND_DATED;
  memcpy(record + SIZE_AT, &size, sizeof size);
  memcpy(record + TIME_AT, &at, sizeof at);
  uint64_t sum = ts_hash64(record + HEAD_AT, BODY_AT - HEAD_AT, seed_of(hex));
  memcpy(record + SUM_AT, &sum, sizeof sum);
}

// sealObjects(views, out, at): string
Napi::Value seal_objects(const Napi::CallbackInfo &info) {
  Napi::Env env = info.Env();
  Views views;
  View out;
  double at = 0;
  if (!read_views(info, 0, &views) || !read_view(info, 1, &out)) return env.Undefined();
  if (napi_get_value_double(env, info[2], &at) != napi_ok) {
    fail(env, "TICKSWAP_E_OPTION", "a time is not a number");
    return env.Undefined();
  }
  const size_t count = views.data.size();
  size_t used = 0;
  for (size_t i = 0; i < count; i++) {
    const size_t bytes = views.bytes[i];
    if (bytes > UINT32_MAX || used + BODY_AT > out.bytes || bytes > out.bytes - used - BODY_AT) {
      fail(env, "TICKSWAP_E_OPTION", "the records do not fit");
      return env.Undefined();
    }
    // What is hashed is the copy: nobody can write to that meanwhile.
    uint8_t *body = out.data + used + BODY_AT;
    if (bytes > 0) memcpy(body, views.data[i], bytes);
    views.data[i] = body;
    used += BODY_AT + bytes;
  }
  std::vector<uint8_t> hashes(count * TS_BLAKE3_BYTES);
  ts_blake3_many(views.data.data(), views.bytes.data(), count, hashes.data());
  const std::vector<char> text = hex_digits(hashes.data(), hashes.size());
  for (size_t i = 0; i < count; i++) {
    uint8_t *record = const_cast<uint8_t *>(views.data[i]) - BODY_AT;
    write_head(record, static_cast<uint32_t>(views.bytes[i]), at, text.data() + i * HEX_BYTES);
  }
  return latin1(env, text);
}

} // namespace

void add_objects(Napi::Env env, Napi::Object exports) {
  add_function<seal_objects>(env, exports, "sealObjects");
}

} // namespace tickswap
