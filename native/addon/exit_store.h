#ifndef TICKSWAP_ADDON_EXIT_STORE_H
#define TICKSWAP_ADDON_EXIT_STORE_H

#include "addon.h"

namespace tickswap {

// A store to make when the environment ends. `view` keeps the memory alive until then.
struct ExitStore {
  napi_env env = nullptr;
  Napi::Reference<Napi::TypedArray> view;
  int32_t *word = nullptr;
  int32_t value = 0;
  uint32_t token = 0;
};

} // namespace tickswap

#endif
