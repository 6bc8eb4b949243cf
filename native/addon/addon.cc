#include "addon.h"

#include <cstdlib>
#include <mutex>

#include "exit_store.h"
#include "tickswap/kernels.h"
#include "writes.h"

namespace tickswap {

State::State() = default;
State::~State() = default;

State &state_of(Napi::Env env) {
  return *env.GetInstanceData<State>();
}

void fail(Napi::Env env, const char *code, const char *message) {
  State *state = env.GetInstanceData<State>();
  if (state == nullptr || state->make_error.IsEmpty()) {
    Napi::Error error = Napi::Error::New(env, message);
    error.Set("code", Napi::String::New(env, code));
    error.ThrowAsJavaScriptException();
    return;
  }
  Napi::Value error = state->make_error.Call({Napi::String::New(env, code), Napi::String::New(env, message)});
  if (!env.IsExceptionPending()) napi_throw(env, error);
}

bool read_integer(const Napi::CallbackInfo &info, size_t index, uint64_t most, uint64_t *out) {
  double number = -1;
  if (napi_get_value_double(info.Env(), info[index], &number) == napi_ok && number >= 0 &&
      number <= static_cast<double>(most) && static_cast<double>(static_cast<uint64_t>(number)) == number) {
    *out = static_cast<uint64_t>(number);
    return true;
  }
  fail(info.Env(), "TICKSWAP_E_OPTION", "an argument is not an integer in its range");
  return false;
}

namespace {

// install(makeError): makeError(code, message) returns what is to be thrown.
Napi::Value install(const Napi::CallbackInfo &info) {
  if (!info[0].IsFunction()) {
    fail(info.Env(), "TICKSWAP_E_OPTION", "install expects a function");
    return info.Env().Undefined();
  }
  state_of(info.Env()).make_error = Napi::Persistent(info[0].As<Napi::Function>());
  return info.Env().Undefined();
}

// The table of kernels is the process's; the first environment to load chooses for all.
ts_status choose_once() {
  static std::once_flag once;
  static ts_status status = TS_OK;
  std::call_once(once, [] { status = ts_kernels_choose(std::getenv("TICKSWAP_FORCE_IMPL")); });
  return status;
}

} // namespace

Napi::Object init(Napi::Env env, Napi::Object exports) {
  if (choose_once() != TS_OK) {
    fail(env, "TICKSWAP_E_IMPL_UNKNOWN", "TICKSWAP_FORCE_IMPL names no implementation of this build");
    return exports;
  }
  env.SetInstanceData(new State());
  add_function<install>(env, exports, "install");
  add_memory(env, exports);
  add_kernels(env, exports);
  add_arena(env, exports);
  add_blake3(env, exports);
  add_objects(env, exports);
  add_registry(env, exports);
  add_exit_store(env, exports);
  add_thread_time(env, exports);
  return exports;
}

} // namespace tickswap

static Napi::Object Init(Napi::Env env, Napi::Object exports) {
  return tickswap::init(env, exports);
}

NODE_API_MODULE(tickswap, Init)
