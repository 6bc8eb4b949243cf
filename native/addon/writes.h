#ifndef TICKSWAP_ADDON_WRITES_H
#define TICKSWAP_ADDON_WRITES_H

#include "addon.h"
#include "tickswap/dirty.h"

namespace tickswap {

// Tracking of writes to one attached memory; ends with it.
struct Writes {
  ts_dirty dirty = {};
  ~Writes() {
    ts_dirty_close(&dirty);
  }
};

} // namespace tickswap

#endif
