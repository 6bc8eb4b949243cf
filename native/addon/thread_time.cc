#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <ctime>

#include "addon.h"

namespace tickswap {

ThreadTime::~ThreadTime() {
  if (file >= 0) close(file);
}

// What the scheduler says of the thread: nanoseconds run, nanoseconds that it was ready and had no core,
// slices. The first number may be a few milliseconds old; 0 where the kernel keeps no such account.
double ThreadTime::delay_ms() {
  if (file == UNKNOWN) file = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  char text[64];
  ssize_t bytes = pread(file, text, sizeof text - 1, 0);
  if (bytes <= 0) return 0;
  text[bytes] = '\0';
  char *rest = nullptr;
  std::strtoull(text, &rest, 10);
  return static_cast<double>(std::strtoull(rest, nullptr, 10)) / 1e6;
}

namespace {

// threadMs(): how long the calling thread has run so far, or would have, had there been a core for it.
Napi::Value thread_ms(const Napi::CallbackInfo &info) {
  timespec ran = {};
  if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ran) != 0) return Napi::Number::New(info.Env(), -1);
  double ms = static_cast<double>(ran.tv_sec) * 1e3 + static_cast<double>(ran.tv_nsec) / 1e6;
  return Napi::Number::New(info.Env(), ms + state_of(info.Env()).thread_time.delay_ms());
}

} // namespace

void add_thread_time(Napi::Env env, Napi::Object exports) {
  add_function<thread_ms>(env, exports, "threadMs");
}

} // namespace tickswap
