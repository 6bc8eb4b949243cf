/* for syscall, MAP_ANONYMOUS and O_CLOEXEC under -std=c11 */
#ifndef _DEFAULT_SOURCE
#define _DEFAULT_SOURCE 1
#endif

#include "tickswap/dirty.h"

#ifdef __linux__

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * The kernel's interface, declared here because headers older than Linux 6.7 do not
 * have all of it. See ioctl_userfaultfd(2) and the kernel's admin-guide/mm/pagemap.
 */
struct api {
  uint64_t api, features, ioctls;
};
struct registration {
  uint64_t start, bytes, mode, ioctls;
};
struct protection {
  uint64_t start, bytes, mode;
};
struct scan {
  uint64_t size, flags, start, end, walk_end, regions, region_count, most_pages;
  uint64_t inverted, required, any_of, returned;
};
struct region {
  uint64_t start, end, categories;
};

#define API _IOWR(0xaa, 0x3f, struct api)
#define REGISTER _IOWR(0xaa, 0x00, struct registration)
#define WRITE_PROTECT _IOWR(0xaa, 0x06, struct protection)
#define PAGEMAP_SCAN _IOWR('f', 16, struct scan)

enum {
  API_VERSION = 0xaa,
  USER_MODE_ONLY = 1,
  REGISTER_WRITE_PROTECTED = 2,
  PROTECT = 1,
  PROTECTS_SHARED_MEMORY = 1 << 12,
  PROTECTS_UNPOPULATED = 1 << 13,
  PROTECTS_WITHOUT_A_HANDLER = 1 << 15,
  SCAN_PROTECTS_AGAIN = 1,
  SCAN_CHECKS_TRACKING = 2,
  IS_WRITTEN = 2,
  REGIONS = 128
};

static int open_faults(void) {
  struct api api = {API_VERSION, PROTECTS_SHARED_MEMORY | PROTECTS_UNPOPULATED | PROTECTS_WITHOUT_A_HANDLER,
                    0};
  int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK | USER_MODE_ONLY);
  if (fd < 0) return -1;
  if (ioctl(fd, API, &api) == 0) return fd;
  close(fd);
  return -1;
}

static ts_status protect(const ts_dirty *dirty) {
  uint64_t start = (uint64_t)(uintptr_t)dirty->memory;
  struct registration registration = {start, dirty->bytes, REGISTER_WRITE_PROTECTED, 0};
  struct protection protection = {start, dirty->bytes, PROTECT};
  if (ioctl(dirty->fault_fd, REGISTER, &registration) != 0)
    return errno == EBUSY ? TS_E_BUSY : TS_E_UNSUPPORTED;
  return ioctl(dirty->fault_fd, WRITE_PROTECT, &protection) == 0 ? TS_OK : TS_E_UNSUPPORTED;
}

ts_status ts_dirty_open(ts_dirty *out, void *memory, uint64_t bytes) {
  if (out == NULL || memory == NULL || bytes == 0 || bytes % TS_PAGE_BYTES != 0) return TS_E_ARGUMENT;
  if ((uintptr_t)memory % TS_PAGE_BYTES != 0) return TS_E_ARGUMENT;
  if (sysconf(_SC_PAGESIZE) != TS_PAGE_BYTES) return TS_E_UNSUPPORTED;
  ts_dirty dirty = {memory, bytes, open_faults(), open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC)};
  ts_status status = dirty.fault_fd < 0 || dirty.pagemap_fd < 0 ? TS_E_UNSUPPORTED : protect(&dirty);
  if (status != TS_OK) ts_dirty_close(&dirty);
  else *out = dirty;
  return status;
}

static ts_status scan_pages(const ts_dirty *dirty, uint64_t flags, uint32_t *out, size_t *count) {
  struct region regions[REGIONS];
  uint64_t base = (uint64_t)(uintptr_t)dirty->memory, end = base + dirty->bytes, at = base;
  size_t found = 0;
  while (at < end) {
    struct scan scan = {.size = sizeof scan,
                        .flags = flags,
                        .start = at,
                        .end = end,
                        .regions = (uint64_t)(uintptr_t)regions,
                        .region_count = REGIONS,
                        .required = IS_WRITTEN,
                        .returned = IS_WRITTEN};
    long filled = ioctl(dirty->pagemap_fd, PAGEMAP_SCAN, &scan);
    if (filled < 0 || scan.walk_end <= at) return TS_E_UNSUPPORTED;
    for (long i = 0; i < filled; i++)
      for (uint64_t page = regions[i].start; page < regions[i].end; page += TS_PAGE_BYTES)
        out[found++] = (uint32_t)((page - base) / TS_PAGE_BYTES);
    at = scan.walk_end;
  }
  *count = found;
  return TS_OK;
}

ts_status ts_dirty_take(ts_dirty *dirty, uint32_t *out, size_t *count) {
  return scan_pages(dirty, SCAN_PROTECTS_AGAIN | SCAN_CHECKS_TRACKING, out, count);
}

ts_status ts_dirty_peek(const ts_dirty *dirty, uint32_t *out, size_t *count) {
  return scan_pages(dirty, SCAN_CHECKS_TRACKING, out, count);
}

void ts_dirty_close(ts_dirty *dirty) {
  /* Closing the descriptor lifts the protection, too. */
  if (dirty->fault_fd >= 0) close(dirty->fault_fd);
  if (dirty->pagemap_fd >= 0) close(dirty->pagemap_fd);
  dirty->fault_fd = dirty->pagemap_fd = -1;
}

/* Tries it on a page: null, or what was in the way. */
static const char *try_page(uint8_t *page) {
  ts_dirty dirty;
  uint32_t pages[1];
  size_t count = 0;
  if (ts_dirty_open(&dirty, page, TS_PAGE_BYTES) != TS_OK)
    return "the kernel does not write-protect memory so";
  int works = ts_dirty_take(&dirty, pages, &count) == TS_OK && count == 0;
  *(volatile uint8_t *)page = 1;
  works = works && ts_dirty_take(&dirty, pages, &count) == TS_OK && count == 1;
  ts_dirty_close(&dirty);
  return works ? NULL : "the kernel does not report written pages (PAGEMAP_SCAN, Linux 6.7)";
}

const char *ts_dirty_obstacle(void) {
  if (sysconf(_SC_PAGESIZE) != TS_PAGE_BYTES) return "pages of memory are larger than 4 KB";
  int refused = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK | USER_MODE_ONLY);
  if (refused < 0) return "the kernel has no userfaultfd, or refuses it to this process";
  close(refused);
  int faults = open_faults();
  if (faults < 0) return "userfaultfd has no asynchronous write protection (Linux 6.7)";
  close(faults);
  uint8_t *page = mmap(NULL, TS_PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return "there is no memory to try it on";
  const char *obstacle = try_page(page);
  munmap(page, TS_PAGE_BYTES);
  return obstacle;
}

#else

const char *ts_dirty_obstacle(void) {
  return "only Linux tells which pages were written";
}

ts_status ts_dirty_open(ts_dirty *out, void *memory, uint64_t bytes) {
  if (out == NULL || memory == NULL || bytes == 0 || bytes % TS_PAGE_BYTES != 0) return TS_E_ARGUMENT;
  return (uintptr_t)memory % TS_PAGE_BYTES != 0 ? TS_E_ARGUMENT : TS_E_UNSUPPORTED;
}

ts_status ts_dirty_take(ts_dirty *dirty, uint32_t *out, size_t *count) {
  (void)dirty, (void)out, (void)count;
  return TS_E_UNSUPPORTED;
}

ts_status ts_dirty_peek(const ts_dirty *dirty, uint32_t *out, size_t *count) {
  (void)dirty, (void)out, (void)count;
  return TS_E_UNSUPPORTED;
}

void ts_dirty_close(ts_dirty *dirty) {
  (void)dirty;
}

#endif

int ts_dirty_probe(void) {
  return ts_dirty_obstacle() == NULL;
}
