#ifndef TICKSWAP_DIRTY_H
#define TICKSWAP_DIRTY_H

/*
 * Which pages of an arena were written since the last time somebody asked, as the
 * kernel knows it: no scan of the memory, about a microsecond at the first write to
 * each page. Linux 6.7 and later, where userfaultfd is allowed and pages have
 * TS_PAGE_BYTES; everywhere else ts_dirty_open says TS_E_UNSUPPORTED and the arena is
 * scanned with ts_changed_pages instead.
 */

#include "layout.h"
#include "status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One thread at a time; the memory itself may be written by any. Not to be copied. */
typedef struct ts_dirty {
  uint8_t *memory;
  uint64_t bytes;
  int fault_fd;
  int pagemap_fd;
} ts_dirty;

/* Whether this machine can do it: 1 or 0. Tries on a page of its own. Any thread. */
int ts_dirty_probe(void);

/* Why it cannot, in a few words for a person; null where it can. Text that lives for ever. */
const char *ts_dirty_obstacle(void);

/*
 * Begins to track `bytes` at `memory`, both multiples of TS_PAGE_BYTES, of private or
 * shared anonymous memory. The memory stays the caller's, who closes the tracker
 * before unmapping it. On failure nothing is held.
 * TS_E_ARGUMENT: null, misaligned or no bytes. TS_E_BUSY: tracked already.
 * TS_E_UNSUPPORTED: this machine, or this kind of memory, cannot be tracked.
 */
ts_status ts_dirty_open(ts_dirty *out, void *memory, uint64_t bytes);

/*
 * Writes the indices of the pages written since `open` or the last `take` to `out`
 * (room for all pages), ascending, gives their number and begins anew. A page that is
 * written meanwhile is in this answer or in the next. TS_E_UNSUPPORTED: the kernel
 * refused; copy everything and close the tracker.
 */
ts_status ts_dirty_take(ts_dirty *dirty, uint32_t *out, size_t *count);

/* The same, without beginning anew: what the next take would give now. */
ts_status ts_dirty_peek(const ts_dirty *dirty, uint32_t *out, size_t *count);

/* Ends tracking. The tracker may be opened again. */
void ts_dirty_close(ts_dirty *dirty);

#ifdef __cplusplus
}
#endif
#endif
