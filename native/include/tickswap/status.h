#ifndef TICKSWAP_STATUS_H
#define TICKSWAP_STATUS_H

/*
 * What a function that can fail returns: TS_OK, or one of the negative values.
 * On any failure the shared memory and the output parameters are as they were
 * before the call, but for the count of writers that were refused.
 */
typedef enum ts_status {
  TS_OK = 0,
  /* an argument is out of the range its function documents */
  TS_E_ARGUMENT = -1,
  /* wrong magic, wrong layout version, or memory too short for the layout */
  TS_E_LAYOUT = -2,
  /* the table of units or of versions has no free entry */
  TS_E_FULL = -3,
  /* the version's state does not allow this */
  TS_E_STATE = -4,
  /* another writer is inside the registry, or an entry is being rewritten */
  TS_E_BUSY = -5,
  /* no unit of that name */
  TS_E_NOT_FOUND = -6,
  /* TICKSWAP_FORCE_IMPL names an implementation this build does not have */
  TS_E_IMPL_UNKNOWN = -7,
  /* this machine cannot do it */
  TS_E_UNSUPPORTED = -8,
  /* the registry has grown past the memory that this view covers: ts_registry_extend */
  TS_E_GROWN = -9
} ts_status;

#endif
