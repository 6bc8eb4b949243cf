#include "tickswap/registry.h"

#include <cstring>

#include "addon.h"

namespace tickswap {

namespace {

// Operations on a registry return what they made (an index, a generation) or a
// negative ts_status; only a wrong handle or argument throws.
Napi::Value result(Napi::Env env, ts_status status, uint32_t made) {
  return Napi::Number::New(env, status == TS_OK ? static_cast<double>(made) : static_cast<double>(status));
}

// A registry and the memory its arguments are written in.
struct Call {
  Memory *memory = nullptr;
  Memory *scratch = nullptr;
};

bool read_registry(const Napi::CallbackInfo &info, size_t arguments, Call *out) {
  out->memory = read_memory(info, 0);
  if (out->memory == nullptr) return false;
  if (!out->memory->has_registry) {
    fail(info.Env(), "TICKSWAP_E_OPTION", "no registry was created or attached in this memory");
    return false;
  }
  if (arguments > 1) out->scratch = read_memory(info, 1);
  return arguments < 2 || out->scratch != nullptr;
}

// registryBytes(units, versions): bytes, 0 when out of range
Napi::Value registry_bytes(const Napi::CallbackInfo &info) {
  uint64_t units, versions;
  if (!read_integer(info, 0, UINT32_MAX, &units) || !read_integer(info, 1, UINT32_MAX, &versions))
    return info.Env().Undefined();
  uint64_t bytes = ts_registry_bytes(static_cast<uint32_t>(units), static_cast<uint32_t>(versions));
  return Napi::Number::New(info.Env(), static_cast<double>(bytes));
}

// registryCreate(handle, units, versions): 0 or status
Napi::Value registry_create(const Napi::CallbackInfo &info) {
  uint64_t units, versions;
  Memory *memory = read_memory(info, 0);
  if (memory == nullptr || !read_integer(info, 1, UINT32_MAX, &units) ||
      !read_integer(info, 2, UINT32_MAX, &versions))
    return info.Env().Undefined();
  ts_status status = ts_registry_create(&memory->registry, memory->data, memory->bytes,
                                        static_cast<uint32_t>(units), static_cast<uint32_t>(versions));
  memory->has_registry = status == TS_OK;
  return result(info.Env(), status, 0);
}

// registryAttach(handle): 0 or status
Napi::Value registry_attach(const Napi::CallbackInfo &info) {
  Memory *memory = read_memory(info, 0);
  if (memory == nullptr) return info.Env().Undefined();
  ts_status status = ts_registry_attach(&memory->registry, memory->data, memory->bytes);
  memory->has_registry = status == TS_OK;
  return result(info.Env(), status, 0);
}

// A name of 0 to 2^32 - 1 bytes at the start of the scratch memory.
const uint8_t *read_name(const Napi::CallbackInfo &info, const Call &call, uint32_t *bytes) {
  uint64_t length;
  if (!read_integer(info, 2, UINT32_MAX, &length)) return nullptr;
  *bytes = static_cast<uint32_t>(length);
  return range_of(info.Env(), *call.scratch, 0, length);
}

// registryRegisterUnit(handle, scratch, nameBytes): index or status
Napi::Value register_unit(const Napi::CallbackInfo &info) {
  Call call;
  uint32_t bytes = 0, index = 0;
  if (!read_registry(info, 2, &call)) return info.Env().Undefined();
  const uint8_t *name = read_name(info, call, &bytes);
  if (name == nullptr) return info.Env().Undefined();
  ts_status status = ts_registry_register_unit(&call.memory->registry, name, bytes, &index);
  return result(info.Env(), status, index);
}

// registryLookup(handle, scratch, nameBytes): index or status
Napi::Value lookup(const Napi::CallbackInfo &info) {
  Call call;
  uint32_t bytes = 0, index = 0;
  if (!read_registry(info, 2, &call)) return info.Env().Undefined();
  const uint8_t *name = read_name(info, call, &bytes);
  if (name == nullptr) return info.Env().Undefined();
  ts_status status = ts_registry_lookup(&call.memory->registry, name, bytes, &index);
  return result(info.Env(), status, index);
}

// registryRegisterVersion(handle, scratch): record or status. The scratch memory
// holds a version record, as it lies in a registry, and its tail after it.
Napi::Value register_version(const Napi::CallbackInfo &info) {
  Call call;
  if (!read_registry(info, 2, &call)) return info.Env().Undefined();
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
  return result(info.Env(), status, record);
}

// registrySetState(handle, record, state): 0 or status
Napi::Value set_state(const Napi::CallbackInfo &info) {
  Call call;
  uint64_t record, state;
  if (!read_registry(info, 1, &call) || !read_integer(info, 1, UINT32_MAX, &record) ||
      !read_integer(info, 2, UINT8_MAX, &state))
    return info.Env().Undefined();
  ts_status status = ts_registry_set_state(&call.memory->registry, static_cast<uint32_t>(record),
                                           static_cast<ts_version_state>(state));
  return result(info.Env(), status, 0);
}

// registryStage(handle, scratch, count): generation or status. The scratch memory
// holds `count` pairs of unit and record.
Napi::Value stage(const Napi::CallbackInfo &info) {
  Call call;
  uint64_t count;
  if (!read_registry(info, 2, &call) || !read_integer(info, 2, TS_MAX_UNITS, &count))
    return info.Env().Undefined();
  const uint8_t *at = range_of(info.Env(), *call.scratch, 0, count * sizeof(ts_move));
  if (at == nullptr) return info.Env().Undefined();
  std::vector<ts_move> moves(count);
  if (count > 0) std::memcpy(moves.data(), at, count * sizeof(ts_move));
  uint32_t generation = 0;
  ts_status status =
      ts_registry_stage(&call.memory->registry, moves.data(), static_cast<uint32_t>(count), &generation);
  return result(info.Env(), status, generation);
}

// registryBest(handle, scratch, rangeCount): record, NO_RECORD for none, or status. The scratch
// memory holds a filter and the ranges after it.
Napi::Value best(const Napi::CallbackInfo &info) {
  Call call;
  uint64_t count;
  if (!read_registry(info, 2, &call) || !read_integer(info, 2, UINT16_MAX, &count))
    return info.Env().Undefined();
  uint64_t bytes = sizeof(ts_version_filter) + count * sizeof(ts_version_range);
  const uint8_t *at = range_of(info.Env(), *call.scratch, 0, bytes);
  if (at == nullptr) return info.Env().Undefined();
  ts_version_filter filter;
  std::vector<ts_version_range> ranges(count);
  std::memcpy(&filter, at, sizeof filter);
  if (count > 0) std::memcpy(ranges.data(), at + sizeof filter, count * sizeof(ts_version_range));
  uint32_t record = TS_NO_RECORD;
  ts_status status = ts_registry_best(&call.memory->registry, ranges.data(), count, &filter, &record);
  return result(info.Env(), status, record);
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
  add_function<registry_bytes>(env, exports, "registryBytes");
  add_function<registry_create>(env, exports, "registryCreate");
  add_function<registry_attach>(env, exports, "registryAttach");
  add_function<register_unit>(env, exports, "registryRegisterUnit");
  add_function<lookup>(env, exports, "registryLookup");
  add_function<register_version>(env, exports, "registryRegisterVersion");
  add_function<set_state>(env, exports, "registrySetState");
  add_function<stage>(env, exports, "registryStage");
  add_function<best>(env, exports, "registryBest");
  add_function<layout>(env, exports, "layout");
}

} // namespace tickswap
