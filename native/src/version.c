#include "tickswap/version.h"

#include "tickswap/hash.h"

static int order(uint32_t a, uint32_t b) {
  return (a > b) - (a < b);
}

int ts_version_compare_c(const ts_version_key *a, const ts_version_key *b) {
  if (a->major != b->major) return order(a->major, b->major);
  if (a->minor != b->minor) return order(a->minor, b->minor);
  if (a->patch != b->patch) return order(a->patch, b->patch);
  return order(a->build, b->build);
}

uint32_t ts_version_integrity(const ts_version_record *record, const void *tail) {
  size_t tail_bytes = (size_t)record->prerelease_bytes + record->metadata_bytes;
  uint64_t seed = ts_hash64_c(tail, tail_bytes, 0);
  return (uint32_t)ts_hash64_c(record, offsetof(ts_version_record, state), seed);
}
