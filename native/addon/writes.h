#ifndef TICKSWAP_ADDON_WRITES_H
#define TICKSWAP_ADDON_WRITES_H

#include <cstdint>
#include <mutex>

#include "addon.h"
#include "tickswap/dirty.h"

namespace tickswap {

// Tracking of writes to one memory. The kernel tracks for the whole process, so all threads
// that attached the memory share one; it ends with the last of them.
class Writes {
public:
  explicit Writes(const Memory &memory) : data(memory.data), bytes(memory.bytes) {
  }
  ~Writes();
  Writes(const Writes &) = delete;
  Writes &operator=(const Writes &) = delete;

  // Begins, unless it has begun or rests: then TS_E_BUSY.
  ts_status begin();
  // TS_E_STATE when it has not begun, or rests. A failure of the kernel ends it.
  ts_status take(uint32_t *out, size_t *count);
  // The same, and what it gives is given by the next take, too.
  ts_status peek(uint32_t *out, size_t *count);
  // Ends it, and answers the next `takes` as if it could not begin.
  void rest(uint32_t takes);
  // Whether this take and the one before were both of many pages.
  bool is_heavy_again(bool is_heavy);

private:
  uint8_t *const data;
  const size_t bytes;
  std::mutex mutex;
  ts_dirty dirty = {};
  bool is_open = false;
  uint32_t resting = 0;
  bool was_heavy = false;

  void close();
};

} // namespace tickswap

#endif
