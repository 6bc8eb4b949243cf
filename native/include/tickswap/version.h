#ifndef TICKSWAP_VERSION_H
#define TICKSWAP_VERSION_H

#include "layout.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Orders two keys by major, minor, patch, build, each unsigned: -1, 0 or 1.
 * Prereleases are not part of a key: among equal major.minor.patch the caller
 * compares them before it trusts the build.
 * `a` and `b`: not null, aligned to 4; neither is kept. Any thread.
 */
int ts_version_compare_c(const ts_version_key *a, const ts_version_key *b);

/*
 * Hash of a record's fixed fields and its tail, low 32 bits of an XXH3-64.
 * `record`: not null, aligned to 8. `tail`: prerelease_bytes + metadata_bytes
 * readable bytes, any alignment, null only when that sum is 0. Any thread, as
 * long as nobody writes either meanwhile.
 */
uint32_t ts_version_integrity(const ts_version_record *record, const void *tail);

#ifdef __cplusplus
}
#endif
#endif
