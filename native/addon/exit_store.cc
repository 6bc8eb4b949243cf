#include "exit_store.h"

#include <algorithm>

namespace tickswap {

namespace {

// Runs on the environment's own thread while it is torn down, whatever ended it
// (return, process.exit, an uncaught exception, terminate). JavaScript no longer
// runs then, so this is one plain store; waiters must look at the word by themselves.
void store(void *argument) {
  const auto *exit_store = static_cast<const ExitStore *>(argument);
  __atomic_store_n(exit_store->word, exit_store->value, __ATOMIC_SEQ_CST);
}

bool read_value(const Napi::CallbackInfo &info, size_t index, int32_t *out) {
  double number = 0.5;
  if (napi_get_value_double(info.Env(), info[index], &number) == napi_ok && number >= INT32_MIN &&
      number <= INT32_MAX && static_cast<double>(static_cast<int32_t>(number)) == number) {
    *out = static_cast<int32_t>(number);
    return true;
  }
  fail(info.Env(), "TICKSWAP_E_OPTION", "the value to store is not a 32-bit integer");
  return false;
}

// storeOnExit(int32Array, index, value): a token for cancelStoreOnExit
Napi::Value store_on_exit(const Napi::CallbackInfo &info) {
  Napi::Env env = info.Env();
  View view;
  uint64_t index;
  int32_t value;
  if (!read_view(info, 0, &view) || !read_integer(info, 1, UINT32_MAX, &index) ||
      !read_value(info, 2, &value))
    return env.Undefined();
  if (!view.is_shared || view.type != napi_int32_array || index >= view.bytes / sizeof(int32_t)) {
    fail(env, "TICKSWAP_E_OPTION", "storeOnExit expects an Int32Array of shared memory and an index in it");
    return env.Undefined();
  }
  State &state = state_of(env);
  auto made = std::make_unique<ExitStore>();
  made->env = env;
  made->view = Napi::Persistent(info[0].As<Napi::TypedArray>());
  made->word = reinterpret_cast<int32_t *>(view.data) + index;
  made->value = value;
  made->token = state.next_token++;
  if (napi_add_env_cleanup_hook(env, store, made.get()) != napi_ok) {
    fail(env, "TICKSWAP_E_INTERNAL", "the cleanup hook was refused");
    return env.Undefined();
  }
  state.exit_stores.push_back(std::move(made));
  return Napi::Number::New(env, state.exit_stores.back()->token);
}

// cancelStoreOnExit(token): whether there was such a store
Napi::Value cancel_store_on_exit(const Napi::CallbackInfo &info) {
  uint64_t token;
  if (!read_integer(info, 0, UINT32_MAX, &token)) return info.Env().Undefined();
  auto &stores = state_of(info.Env()).exit_stores;
  auto found = std::find_if(stores.begin(), stores.end(), [&](const auto &it) { return it->token == token; });
  if (found == stores.end()) return Napi::Boolean::New(info.Env(), false);
  napi_remove_env_cleanup_hook((*found)->env, store, found->get());
  stores.erase(found);
  return Napi::Boolean::New(info.Env(), true);
}

} // namespace

void add_exit_store(Napi::Env env, Napi::Object exports) {
  add_function<store_on_exit>(env, exports, "storeOnExit");
  add_function<cancel_store_on_exit>(env, exports, "cancelStoreOnExit");
}

} // namespace tickswap
