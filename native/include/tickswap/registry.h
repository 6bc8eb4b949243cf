#ifndef TICKSWAP_REGISTRY_H
#define TICKSWAP_REGISTRY_H

/*
 * The registry: which units there are, which versions of them are known, and
 * which version of each unit is active in which generation. It lives in one
 * block of shared memory and has no pointers in it.
 *
 * Threads. Functions marked [writer] may be called from any thread, one at a
 * time: a second one that finds another inside returns TS_E_BUSY and changes
 * nothing. Functions marked [reader] may be called by any number of threads at
 * any time; they never write, never wait and loop over bounded tables only. Those
 * marked [participant] write one word of their own. A ts_registry itself is one
 * thread's at a time: every thread attaches its own.
 *
 * Generations. A generation is one choice of an active version for every unit.
 * `stage` prepares the next one beside the live one, `publish` makes it live by
 * one step. A reader loads the generation once per tick and asks about that
 * generation for the whole tick; the answers stay whole until two more
 * generations have been published. Three banks hold the last three generations.
 *
 * Growth. Tables begin with the capacity they are created with. A writer that
 * finds one full adds a segment as large as all before it (ts_registry_grow), up to
 * the most that was given at the creation. Nothing moves: what a reader
 * has found stays where it is, so readers neither stop nor notice.
 *
 * Reuse. Records of retired and quarantined versions are taken again, oldest
 * first, once no fresh record is left, no reader whose view is still whole can
 * hold them, and every participant has passed a boundary since. A participant
 * is a thread that joined; it may take its time within a tick, and whoever never
 * ticks again keeps records from being reused until it leaves. Any other reader
 * that keeps a record's index longer than its view is whole compares the content
 * hash before trusting it.
 *
 * Preconditions that no status reports are asserted in a debug build (TICKSWAP_DEBUG):
 * pointers that are not null unless their function says so, and alignment.
 */

#include "status.h"
#include "version.h"

#ifdef __cplusplus
extern "C" {
#endif

/* the last generation; publishing more is refused */
#define TS_MAX_GENERATION 0x7fffffff

/* What a registry has room for. */
typedef struct ts_registry_capacity {
  uint32_t units;    /* 1 to TS_MAX_UNITS */
  uint32_t versions; /* 1 to TS_MAX_VERSIONS, over all units */
  /* what it may grow to; 0: what it begins with */
  uint32_t most_units;
  uint32_t most_versions;
  /* slots of participants that its creator gives out by numbers of its own, see
   * ts_registry_enter; 0 to TS_MAX_PARTICIPANTS */
  uint32_t own_slots;
} ts_registry_capacity;

/*
 * A thread's way into a registry: where its memory is, how much of it is there, and the
 * geometry worked out from its head once, so that later damage to the head cannot lead
 * anyone out of the block. Owns nothing; valid as long as the memory is mapped. May be
 * copied. Fill it with ts_registry_create or ts_registry_attach.
 */
typedef struct ts_registry {
  ts_registry_header *header;
  uint64_t bytes;          /* mapped from `header` on */
  uint32_t segment_count;  /* segments there can ever be */
  uint32_t segments_there; /* of them, those that end within `bytes` */
  ts_segment segments[TS_MAX_SEGMENTS];
} ts_registry;

/* What registering a version needs. */
typedef struct ts_version_draft {
  ts_version_key key;
  uint32_t flags;
  uint32_t unit;
  uint64_t timestamp_ms; /* since the epoch */
  uint64_t content_hash;
  uint16_t prerelease_bytes;
  uint16_t metadata_bytes;
  /* prerelease and metadata, one after the other; null only when both are empty */
  const void *tail;
} ts_version_draft;

/* One unit's new active version; `record` TS_NO_RECORD leaves the unit without one. */
typedef struct ts_move {
  uint32_t unit;
  uint32_t record;
} ts_move;

/*
 * Bytes that a registry begins with, and bytes that it has when it cannot grow any more;
 * 0 when the capacity is out of range. Any thread.
 */
uint64_t ts_registry_bytes(const ts_registry_capacity *capacity);
uint64_t ts_registry_most_bytes(const ts_registry_capacity *capacity);

/*
 * Lays an empty registry out in `memory` and fills `out`.
 * `memory`: aligned to 8, `bytes` long, at least ts_registry_bytes; that much of it
 * is overwritten. It stays the caller's, who keeps it mapped while any
 * ts_registry points into it. One thread, before the memory is shared.
 * TS_E_ARGUMENT: a null, misaligned, or out-of-range argument. TS_E_LAYOUT: too short.
 */
ts_status ts_registry_create(ts_registry *out, void *memory, uint64_t bytes,
                             const ts_registry_capacity *capacity);

/*
 * Fills `out` for a registry that another thread created in `memory`. Any thread.
 * `bytes`: mapped from `memory` on; it may be more than the registry has by now.
 * TS_E_ARGUMENT: null or misaligned. TS_E_LAYOUT: no registry of this layout, or
 * its tables do not fit into `bytes`.
 */
ts_status ts_registry_attach(ts_registry *out, void *memory, uint64_t bytes);

/*
 * Tells a view that more memory is mapped at the same address: `bytes` from its start.
 * Less than before is ignored. The thread of the view.
 */
void ts_registry_extend(ts_registry *registry, uint64_t bytes);

/* Segments added so far: what ts_registry_grow is given. [reader] */
uint32_t ts_registry_growths(const ts_registry *registry);

/* Bytes that the registry has after one more growth; 0 when it can grow no more. [reader] */
uint64_t ts_registry_grown_bytes(const ts_registry *registry);

/*
 * [writer] Adds the next segment; readers go on meanwhile. `growths`: what the caller saw when
 * it found a table full; when there are more by now, another has grown it, and nothing is done.
 * TS_E_FULL: the most has been reached. TS_E_LAYOUT: less than ts_registry_grown_bytes are
 * mapped, see ts_registry_extend. TS_E_BUSY: another writer.
 */
ts_status ts_registry_grow(ts_registry *registry, uint32_t growths);

/*
 * [writer] Registers a unit and gives its index; a name that is known already
 * gives the index it has. Units are never removed.
 * `name`: UTF-8, 1 to TS_MAX_NAME_BYTES bytes, copied.
 * TS_E_ARGUMENT: empty or too long. TS_E_FULL: no room, until it grows. TS_E_BUSY:
 * another writer. TS_E_GROWN: as for every [writer].
 */
ts_status ts_registry_register_unit(ts_registry *registry, const void *name, uint32_t name_bytes,
                                    uint32_t *index);

/*
 * [reader] The index of the unit called `name`. `name`: any `name_bytes` bytes, not kept.
 * TS_E_NOT_FOUND: none, also for names no unit can have. TS_E_GROWN: none in the part
 * that this view covers.
 */
ts_status ts_registry_lookup(const ts_registry *registry, const void *name, uint32_t name_bytes,
                             uint32_t *index);

/*
 * [writer] Registers a version as TS_STATE_CANDIDATE and gives its record's index.
 * `draft`: copied with its tail. TS_E_ARGUMENT: unknown unit, or a tail longer
 * than TS_TAIL_BYTES. TS_E_FULL: every record holds a version that is neither
 * retired nor quarantined, or that a reader may still see; until it grows. TS_E_BUSY: another writer.
 */
ts_status ts_registry_register_version(ts_registry *registry, const ts_version_draft *draft,
                                       uint32_t *record);

/*
 * [writer] Changes the state of a record in use, to any state but TS_STATE_FREE.
 * Retiring or quarantining a version that is staged takes that staging back.
 * TS_E_ARGUMENT: no such record or state. TS_E_STATE: the version is active in
 * the live generation and cannot be retired or quarantined. TS_E_BUSY: another writer.
 */
ts_status ts_registry_set_state(ts_registry *registry, uint32_t record, ts_version_state state);

/*
 * [writer] Fills the generation after the live one: the live choice with `count`
 * moves made in it. Replaces an earlier staging that was not published; with no
 * moves it takes one back. Never wait for readers here: the bank it fills is
 * the one that no whole view can still use.
 * `moves`: `count` of them, not kept; null only when there are none.
 * TS_E_ARGUMENT: unknown unit or record, or a record of another unit.
 * TS_E_STATE: a record that is retired or quarantined. TS_E_FULL: the live
 * generation is TS_MAX_GENERATION. TS_E_BUSY: another writer.
 */
ts_status ts_registry_stage(ts_registry *registry, const ts_move *moves, uint32_t count,
                            uint32_t *generation);

/*
 * Makes the staged generation live: one step with release. Any thread, at any time, beside
 * writers too; of several that publish the same one, one succeeds.
 * TS_E_STATE: `generation` is not the one that is staged, or it is live already.
 */
ts_status ts_registry_publish(ts_registry *registry, uint32_t generation);

/* [reader] The live generation, 0 before the first publish. One load-acquire. */
uint32_t ts_registry_generation(const ts_registry *registry);

/*
 * [reader] The record of `unit` that is active in `generation`, or TS_NO_RECORD; also for
 * a unit that is none. `generation`: one this thread has loaded.
 */
uint32_t ts_registry_active(const ts_registry *registry, uint32_t generation, uint32_t unit);

/*
 * [reader] Whether everything read so far about `generation` was whole: 1 until
 * two more generations have been published, then 0. Ask after the reads it is about.
 */
int ts_registry_view_is_whole(const ts_registry *registry, uint32_t generation);

/*
 * [reader] Copies a record, and its tail unless `tail` is null (else room for
 * TS_TAIL_BYTES). TS_E_ARGUMENT: no such record. TS_E_BUSY: it was being
 * rewritten for another version, eight times in a row. TS_E_GROWN: it lies past this view.
 */
ts_status ts_registry_read(const ts_registry *registry, uint32_t record, ts_version_record *out, void *tail);

/*
 * [reader] Joins as a participant and gives its slot, one that is not the creator's own, for
 * ts_registry_tick and ts_registry_leave. Tick before the first read.
 * TS_E_FULL: all slots are taken.
 */
ts_status ts_registry_join(const ts_registry *registry, uint32_t *slot);

/*
 * [reader] Joins with one of the creator's own slots (below `own_slots`): whose number the
 * caller has from books of its own, so that nobody else can have it. Joining twice is joining once.
 * TS_E_ARGUMENT: no such slot.
 */
ts_status ts_registry_enter(const ts_registry *registry, uint32_t slot);

/*
 * [participant] Passes a boundary: gives the generation to use until the next. One
 * load, and a store of its own word when the generation is another one than before.
 * Records that the generation before it showed are no longer held for this thread.
 * `slot`: one that was given, asserted in a debug build.
 */
uint32_t ts_registry_tick(const ts_registry *registry, uint32_t slot);

/*
 * [participant] Leaves; from any thread once the participant is gone, for one that died.
 * The slot is for others from here. Leaving twice is leaving once.
 */
void ts_registry_leave(const ts_registry *registry, uint32_t slot);

/*
 * [reader] The record of the highest version that lies in one of `ranges` and passes
 * `filter`, as ts_version_best has it, or TS_NO_RECORD. One pass of the kernel over all
 * versions: the best at one instant. When a version was registered or changed its state
 * meanwhile, once more; after four times record by record, which always ends, and sees each
 * version that changes during the call as before or as after.
 * `ranges`: `range_count` of them, null only for none. TS_E_GROWN: there are versions past this view.
 */
ts_status ts_registry_best(const ts_registry *registry, const ts_version_range *ranges, size_t range_count,
                           const ts_version_filter *filter, uint32_t *record);

#ifdef __cplusplus
}
#endif
#endif
