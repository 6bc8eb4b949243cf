#include "tickswap/registry.h"

#include <cstring>

#include "addon.h"

namespace tickswap {

const uint8_t *read_name(const Napi::CallbackInfo &info, const Memory &scratch, uint32_t *bytes) {
  uint64_t length;
  if (!read_integer(info, 2, UINT32_MAX, &length)) return nullptr;
  *bytes = static_cast<uint32_t>(length);
  return range_of(info.Env(), scratch, 0, length);
}

namespace {

// The integer after the handle of a registry.
bool read_one(const Napi::CallbackInfo &info, RegistryCall *call, uint32_t *out) {
  uint64_t value;
  if (!read_registry(info, false, call) || !read_integer(info, 1, UINT32_MAX, &value)) return false;
  *out = static_cast<uint32_t>(value);
  return true;
}

Napi::Value number(const Napi::CallbackInfo &info, uint32_t value) {
  return Napi::Number::New(info.Env(), static_cast<double>(value));
}

// registryLookup(handle, scratch, nameBytes): index or status
Napi::Value lookup(const Napi::CallbackInfo &info) {
  RegistryCall call;
  uint32_t bytes = 0, index = 0;
  if (!read_registry(info, true, &call)) return info.Env().Undefined();
  const uint8_t *name = read_name(info, *call.scratch, &bytes);
  if (name == nullptr) return info.Env().Undefined();
  ts_status status = ts_registry_lookup(&call.memory->registry, name, bytes, &index);
  return registry_result(info.Env(), status, index);
}

// registryBest(handle, scratch, rangeCount): record, NO_RECORD for none, or status. The scratch
// memory holds a filter and the ranges after it.
Napi::Value best(const Napi::CallbackInfo &info) {
  RegistryCall call;
  uint64_t count;
  if (!read_registry(info, true, &call) || !read_integer(info, 2, UINT16_MAX, &count))
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
  return registry_result(info.Env(), status, record);
}

// registryGrowths(handle): segments added so far
Napi::Value growths(const Napi::CallbackInfo &info) {
  RegistryCall call;
  if (!read_registry(info, false, &call)) return info.Env().Undefined();
  return number(info, ts_registry_growths(&call.memory->registry));
}

// registryGeneration(handle)
Napi::Value generation(const Napi::CallbackInfo &info) {
  RegistryCall call;
  if (!read_registry(info, false, &call)) return info.Env().Undefined();
  return number(info, ts_registry_generation(&call.memory->registry));
}

// registryActive(handle, generation, unit): record, or NO_RECORD
Napi::Value active(const Napi::CallbackInfo &info) {
  RegistryCall call;
  uint32_t viewed;
  uint64_t unit;
  if (!read_one(info, &call, &viewed) || !read_integer(info, 2, UINT32_MAX, &unit))
    return info.Env().Undefined();
  return number(info, ts_registry_active(&call.memory->registry, viewed, static_cast<uint32_t>(unit)));
}

// registryIsWhole(handle, generation)
Napi::Value is_whole(const Napi::CallbackInfo &info) {
  RegistryCall call;
  uint32_t viewed;
  if (!read_one(info, &call, &viewed)) return info.Env().Undefined();
  bool whole = ts_registry_view_is_whole(&call.memory->registry, viewed) != 0;
  return Napi::Boolean::New(info.Env(), whole);
}

// registryRead(handle, scratch, record): 0 or status. The record and its tail are written to the
// scratch memory.
Napi::Value read(const Napi::CallbackInfo &info) {
  RegistryCall call;
  uint64_t record;
  if (!read_registry(info, true, &call) || !read_integer(info, 2, UINT32_MAX, &record))
    return info.Env().Undefined();
  uint8_t *at = range_of(info.Env(), *call.scratch, 0, sizeof(ts_version_record) + TS_TAIL_BYTES);
  if (at == nullptr) return info.Env().Undefined();
  ts_version_record copy;
  uint8_t tail[TS_TAIL_BYTES];
  ts_status status = ts_registry_read(&call.memory->registry, static_cast<uint32_t>(record), &copy, tail);
  if (status == TS_OK) {
    std::memcpy(at, &copy, sizeof copy);
    std::memcpy(at + sizeof copy, tail, sizeof tail);
  }
  return registry_result(info.Env(), status, 0);
}

// registryJoin(handle): slot or status
Napi::Value join(const Napi::CallbackInfo &info) {
  RegistryCall call;
  uint32_t slot = 0;
  if (!read_registry(info, false, &call)) return info.Env().Undefined();
  ts_status status = ts_registry_join(&call.memory->registry, &slot);
  return registry_result(info.Env(), status, slot);
}

bool read_slot(const Napi::CallbackInfo &info, RegistryCall *call, uint32_t *slot) {
  if (!read_one(info, call, slot)) return false;
  if (*slot < TS_MAX_PARTICIPANTS) return true;
  fail(info.Env(), "TICKSWAP_E_OPTION", "no participant has this slot");
  return false;
}

// registryEnter(handle, slot): 0 or status
Napi::Value enter(const Napi::CallbackInfo &info) {
  RegistryCall call;
  uint32_t slot;
  if (!read_slot(info, &call, &slot)) return info.Env().Undefined();
  return registry_result(info.Env(), ts_registry_enter(&call.memory->registry, slot), 0);
}

// registryTick(handle, slot): the generation to use
Napi::Value tick(const Napi::CallbackInfo &info) {
  RegistryCall call;
  uint32_t slot;
  if (!read_slot(info, &call, &slot)) return info.Env().Undefined();
  return number(info, ts_registry_tick(&call.memory->registry, slot));
}

// registryLeave(handle, slot)
Napi::Value leave(const Napi::CallbackInfo &info) {
  RegistryCall call;
  uint32_t slot;
  if (read_slot(info, &call, &slot)) ts_registry_leave(&call.memory->registry, slot);
  return info.Env().Undefined();
}

} // namespace

void add_registry_reads(Napi::Env env, Napi::Object exports) {
  add_function<lookup>(env, exports, "registryLookup");
  add_function<best>(env, exports, "registryBest");
  add_function<growths>(env, exports, "registryGrowths");
  add_function<generation>(env, exports, "registryGeneration");
  add_function<active>(env, exports, "registryActive");
  add_function<is_whole>(env, exports, "registryIsWhole");
  add_function<read>(env, exports, "registryRead");
  add_function<join>(env, exports, "registryJoin");
  add_function<enter>(env, exports, "registryEnter");
  add_function<tick>(env, exports, "registryTick");
  add_function<leave>(env, exports, "registryLeave");
}

} // namespace tickswap
