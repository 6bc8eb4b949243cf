/**
 * The one table of error codes. Every failure tickswap reports, thrown or in a
 * SwapReport, carries one of these; the text beside it says what to do.
 */
export const ADVICE = {
  TICKSWAP_E_SYNTAX: 'Fix the syntax and save; the running version stays until then.',
  TICKSWAP_E_LINK: 'Export the missing name, or stop importing it, and save either file.',
  TICKSWAP_E_RESOLVE: 'Check the path of the import; relative imports need their file extension.',
  TICKSWAP_E_NOT_ACCEPTED:
    'Accept the update with import.meta.hot.accept in one of the modules named, or load the program anew.',
  TICKSWAP_E_FILE_MISSING: 'Restore the file, or remove the imports of it; the running version stays.',
  TICKSWAP_E_FILE_EMPTY: 'Save the file with its contents; an empty file never replaces a running unit.',
  TICKSWAP_E_FILE_KIND: 'Put a regular file in its place; nothing else is read, because it may never end.',
  TICKSWAP_E_PHASE_TIMEOUT:
    'Nothing was changed. Look at what the phase was doing, which the message says, and ask again, or raise the deadline that it names.',
  TICKSWAP_E_NOT_A_UNIT: 'Export `unit = defineUnit({...})` from the file.',
  TICKSWAP_E_NO_UNIT_ABOVE:
    'Import the file from a unit, or restart the engine: an edit of it changes nothing that runs.',
  TICKSWAP_E_UNIT_INVALID: 'Correct the argument of defineUnit that the message names.',
  TICKSWAP_E_UNIT_DUPLICATE: 'Give one of the two units another name, with `name` or by its file name.',
  TICKSWAP_E_UNIT_UNKNOWN: 'Use the name of a unit that the runtime lists in `runtime.units()`.',
  TICKSWAP_E_UNIT_REMOVED: 'Restore the file; a unit that runs is not unloaded by removing its file.',
  TICKSWAP_E_VERSION_INVALID: 'Write a version such as 1.4.2, 1.4.2.17 or 1.4.2-rc.1.',
  TICKSWAP_E_VERSION_UNWRITABLE: 'Write the version as a text in the unit\'s own file: version: "1.4.2".',
  TICKSWAP_E_NO_HISTORY: 'Commit the unit, or name the step: major, minor, patch or build.',
  TICKSWAP_E_GIT_DIRTY: 'Commit the changes first, or pass --allow-dirty.',
  TICKSWAP_E_CONSTRAINT_INVALID: 'Write a range such as ^1.4.0, >=1 <3 or 1.x.',
  TICKSWAP_E_FLAG_UNKNOWN: 'Write a flag, or a set of flags, that the message lists.',
  TICKSWAP_E_INTEGRITY:
    'The record or artifact is not what was written: restore it from a copy, or make it anew from its source.',
  TICKSWAP_E_REQUIREMENT: 'Change the version or the requirement, or save both files together.',
  TICKSWAP_E_CYCLE: 'Take the unit out of its own requirements.',
  TICKSWAP_E_MIGRATION_MISSING:
    'Add `migrate` with up and down for the version that runs, or keep the columns.',
  TICKSWAP_E_MIGRATION_FAILED: 'Fix the migration; the old state is untouched.',
  TICKSWAP_E_MIGRATION_OLD_STATE: 'Write to `next` only: the old state is what a failed swap goes back to.',
  TICKSWAP_E_MIGRATION_EMPTY: 'Write the new column in `up`, or give it another name and drop the old one.',
  TICKSWAP_E_MIGRATION_BOUNDS: 'Stay below the length of the column; JavaScript drops such a write silently.',
  TICKSWAP_E_MIGRATION_ROUND_TRIP:
    'Let `down` write what `up` has taken away, or declare the migration with lossy: true.',
  TICKSWAP_E_MIGRATION_TIMEOUT: 'Let the migration end; of much state it has more time, 60 ms for each MB.',
  TICKSWAP_E_MIGRATION_LOSSY:
    'Nothing is to be done; a rollback through `down` may not bring back every value.',
  TICKSWAP_E_MIGRATION_SLOW:
    'Write the migration with rows and upRange, so that it runs beside the old version, or raise deadlines.migrateMs.',
  TICKSWAP_E_MIGRATION_RANGES:
    'Let upRange read and write only the rows that it is given, and `up` only columns that have no rows.',
  TICKSWAP_E_BACKUP_CORRUPT:
    'Go back to another version, or with state: "down"; this backup is not what was kept.',
  TICKSWAP_E_BACKUP_MISSING:
    'Go back with state: "down", or to a version that runtime.units() lists under backups.',
  TICKSWAP_E_GROUP_STATE:
    'Nothing is to be done; units that swap together go back to the same tick, or none of them does.',
  TICKSWAP_E_EARLIER_STATE:
    'Nothing is to be done; what the engine keeps outside of its units is of this run, and may not fit this state.',
  TICKSWAP_E_CASCADE:
    'Nothing is to be done; save the files again when the version that they require is back.',
  TICKSWAP_E_MIGRATION_CHAIN:
    'Add the missing way to the version that the message names, or a migration that covers the whole distance.',
  TICKSWAP_E_STATE_SHAPE:
    'Look at what is carried over by name; what is not needs `migrate` with up and down.',
  TICKSWAP_E_SOFT_KEY:
    'Keep the key, or move its value in a migration; a value without its key is left behind.',
  TICKSWAP_E_EXPORT_REMOVED: 'Keep the export until nobody calls it, or declare a new major version.',
  TICKSWAP_E_EXPORT_KIND: 'Give the new thing a name of its own, or declare a new major version.',
  TICKSWAP_E_EXPORT_ARITY: 'Give the new parameter a default, or declare a new major version.',
  TICKSWAP_E_EXPORT_SHAPE: 'Keep the members that are used, or declare a new major version.',
  TICKSWAP_E_VERSION_PROMISE:
    'Declare the larger step, with `tickswap version UNIT auto`, or keep what was promised.',
  TICKSWAP_E_FLAGS: 'Change the flags of the version, or the policy of the runtime that the message names.',
  TICKSWAP_E_RULE: 'A rule was written for this transition; its reason is in the message.',
  TICKSWAP_E_RULES_INVALID: 'Correct the rule that the message names; docs/compatibility.md has the form.',
  TICKSWAP_E_VERIFY_FAILED: 'The state does not satisfy `verify`; fix the code, the migration or the check.',
  TICKSWAP_E_EVALUATE: 'The body of the module threw; fix it and save.',
  TICKSWAP_E_EVALUATE_TIMEOUT: 'The body of the module did not return in time; move loops out of it.',
  TICKSWAP_E_REHEARSAL_EXCEPTION:
    'The candidate threw on a copy of the state; fix it and save. Decline with `rehearse: false` if a copy is not enough for it.',
  TICKSWAP_E_REHEARSAL_TIMEOUT:
    'The candidate did not come to the end of its rehearsal; look for a loop that does not end, or raise deadlines.rehearseMs.',
  TICKSWAP_E_REHEARSAL_NON_FINITE:
    'The candidate wrote NaN or Infinity to a copy of the state; fix it, or declare the column with { nonFinite: true }.',
  TICKSWAP_E_REHEARSAL_VERIFY:
    '`verify` rejects what the candidate makes of a copy of the state; fix the code or the check.',
  TICKSWAP_E_REHEARSAL_MEMORY:
    'The candidate took more memory than a rehearsal may; find what it keeps, or raise rehearsal.memoryMb.',
  TICKSWAP_E_REHEARSAL_EXIT:
    'The candidate ended the thread of its rehearsal; take the call of process.exit out of it.',
  TICKSWAP_E_SYNC_TEST:
    'The unit depends on more than its arguments, columns and soft state, such as a variable of the module, the time or chance; move that into the state.',
  TICKSWAP_E_TOP_LEVEL_AWAIT: 'Move the await into a function, or let the loop yield to the event loop.',
  TICKSWAP_E_PREPARE: 'A participant could not load the candidate; the message says why.',
  TICKSWAP_E_STRAGGLER:
    'The named participant did not reach its tick boundary in time; see docs/architecture.md, "Stragglers".',
  TICKSWAP_E_PROBATION_EXCEPTION: 'The new version threw; fix it and save. The old version runs again.',
  TICKSWAP_E_PROBATION_BUDGET:
    'The new version was slower than its tick budget; make it faster or raise probation.budgetMs.',
  TICKSWAP_E_PROBATION_NON_FINITE:
    'The new version wrote NaN or Infinity; fix it, or declare the column with { nonFinite: true }.',
  TICKSWAP_E_PROBATION_SETUP: '`setup` of the new version threw; fix it and save.',
  TICKSWAP_E_PROBATION_HEALTH: 'A health check failed under the new version; fix the version or the check.',
  TICKSWAP_E_PROBATION_HEAP:
    'The new version holds on to memory; find what it keeps, or raise probation.heapBytes.',
  TICKSWAP_E_PROBATION_DEATH: 'The new version ended the thread that called it; fix it and save.',
  TICKSWAP_E_LEFT_BEHIND:
    'This participant cannot load what the others run and must not tick beside them; end its thread and join anew.',
  TICKSWAP_E_CANCELLED: 'Ask again when you want the swap after all; nothing was changed.',
  TICKSWAP_E_UNCONFIRMED:
    'Call runtime.confirm with the id of the swap or a unit of it, before its deadline.',
  TICKSWAP_E_REPLACED: 'A newer swap of the same units was asked for; look at the report of that one.',
  TICKSWAP_E_FLAPPING:
    'The unit was rolled back too often of late; it is swapped again after the time in the message, or with strategy force.',
  TICKSWAP_E_DISPOSE: 'Fix `dispose`; the swap itself is not affected.',
  TICKSWAP_E_REPLAY: 'A call that the rollback replayed with the old version threw; the old version goes on.',
  TICKSWAP_E_REPLAY_LOG:
    'The state went back another way, which the report names; declare the units deterministic, or raise the limit of rollback.log that the message names.',
  TICKSWAP_E_REPLAY_DIFFERS:
    'The state went back another way, which the report names; run the engine with `tickswap run --sync-test` to find the column, or take `deterministic` out of the unit.',
  TICKSWAP_E_LISTENER: 'Fix the listener; the runtime is not affected.',
  TICKSWAP_E_QUARANTINED: 'This exact content failed before; change it.',
  TICKSWAP_E_STATE_UNBOUND:
    'State exists only after loading: read it in setup or in a function, not in the body of the module.',
  TICKSWAP_E_STATE_LIMIT: 'Make the columns smaller, or raise the limit that the message names.',
  TICKSWAP_E_OPTION: 'Correct the option that the message names.',
  TICKSWAP_E_SOCKET:
    'Name a folder that this user may write to, on a file system that has sockets, or set socket: false.',
  TICKSWAP_E_REQUEST: 'Correct the request as the message says; docs/operations.md lists what can be asked.',
  TICKSWAP_E_TOKEN:
    'Send the header `Authorization: Bearer TOKEN`; the token is in the file that the engine named at its start.',
  TICKSWAP_E_ORIGIN: 'Open the page at the address that the engine printed, and ask from there.',
  TICKSWAP_E_RATE: 'Wait as long as the header retry-after says.',
  TICKSWAP_E_ADMIN: 'Choose another port, or end what listens there; `tickswap doctor --admin PORT` looks.',
  TICKSWAP_E_NO_ENGINE:
    'Start the engine with `tickswap run`, or with the option socket: true, and name its folder with --folder.',
  TICKSWAP_E_USAGE: 'See `tickswap --help`, or `tickswap COMMAND --help`.',
  TICKSWAP_E_ENTRY: 'Name an engine script that exists and ends in .js, .mjs, .cjs, .ts, .mts or .cts.',
  TICKSWAP_E_CLOSED: 'The runtime is closed; create a new one.',
  TICKSWAP_E_TICKET: 'Pass the value of runtime.ticket(), unchanged, from the same process.',
  TICKSWAP_E_NOT_WAITING:
    'Nothing waits for consent there: see `tickswap units` for candidates; only swaps of the strategy manual wait.',
  TICKSWAP_E_PARTICIPANTS_FULL: 'Raise `maxParticipants` in createRuntime.',
  TICKSWAP_E_NO_SUCH_VERSION: 'Choose a version that the message lists, or `runtime.units()` under editions.',
  TICKSWAP_E_STORED_VERSION:
    'Go back to another version, or restore the files of this one; the running version stays.',
  TICKSWAP_E_ADDON: 'Build the addon with `make native`, and run `tickswap diagnostics`.',
  TICKSWAP_E_REGISTRY_FULL:
    'A participant that neither ticks nor rests holds on to old versions: end it, or let it call pause().',
  TICKSWAP_E_REGISTRY_LAYOUT:
    'Two copies of tickswap with different layouts share memory; install one version.',
  TICKSWAP_E_REGISTRY_STATE:
    'The version is in the wrong state for this; stage it again, or publish another one before retiring it.',
  TICKSWAP_E_REGISTRY_BUSY: 'Let one thread at a time write to a registry: the control thread.',
  TICKSWAP_E_IMPL_UNKNOWN: 'Set TICKSWAP_FORCE_IMPL to an implementation that `tickswap diagnostics` lists.',
  TICKSWAP_E_WATCH: 'Check that the path exists and may be read; tickswap looks again every second.',
  TICKSWAP_E_WATCH_POLLING:
    'Raise fs.inotify.max_user_watches and max_user_instances (sysctl), or watch fewer folders; until then edits are found by polling.',
  TICKSWAP_E_STORE_OPEN: 'Name a folder that this process may create and write, with the option store.',
  TICKSWAP_E_STORE_HELD:
    'End the process that the message names, or give each engine a store of its own; reading works meanwhile.',
  TICKSWAP_E_STORE_FORMAT: 'Use the version of tickswap that wrote the store, or a newer one.',
  TICKSWAP_E_STORE_DAMAGED:
    'Run `tickswap storage verify`; what can be made anew is repaired by the next write, the rest restore from a backup.',
  TICKSWAP_E_STORE_LIMIT: 'Store something smaller, or raise the limit that the message names.',
  TICKSWAP_E_STORE_FULL:
    'Free space on the disk, raise the budget that the message names, or run `tickswap storage cleanup`.',
  TICKSWAP_E_STORE_WRITE:
    'Check the disk and the rights of the store; the engine runs on, and what was not written is tried again.',
  TICKSWAP_E_STORE_READ_ONLY: 'Open the store for writing, when no other process holds it.',
  TICKSWAP_E_STORE_MISSING: 'Name the folder of a store with --store, or create one with the option store.',
  TICKSWAP_E_STORE_BOOT:
    'The files differ from what is permanent; save them again to try the new version once more.',
  TICKSWAP_E_RESTARTED:
    'Look at `tickswap history` for what was tried, and at the standard error of the engine for why it ended.',
  TICKSWAP_E_INTERNAL: 'This is a defect of tickswap; please report it with the message.',
} as const

export type ErrorCode = keyof typeof ADVICE

/** A place in a file on disk; line and column count from 1. */
export interface Place {
  file?: string
  line?: number
  column?: number
}

/** One thing found wrong, as reports show it. Structured-cloneable. */
export interface Finding extends Place {
  code: ErrorCode
  severity: 'error' | 'warning' | 'info'
  message: string
  advice: string
  unit?: string
  participant?: string
  /** the lines around the place, as they were staged */
  frame?: string
}

export function finding(code: ErrorCode, message: string, more: Partial<Finding> = {}): Finding {
  return { code, severity: 'error', message, advice: ADVICE[code], ...more }
}

/** What tickswap throws: a stable `code`, the place if there is one, and `advice`. */
export class TickswapError extends Error {
  override readonly name = 'TickswapError'
  readonly code: ErrorCode
  readonly finding: Finding

  constructor(code: ErrorCode, message: string, more: Partial<Finding> = {}, options?: ErrorOptions) {
    const place = more.file ? ` (${more.file}${more.line ? `:${more.line}:${more.column ?? 1}` : ''})` : ''
    super(`${code}: ${message}${place}. ${ADVICE[code]}`, options)
    this.code = code
    this.finding = finding(code, message, more)
  }
}

/** Any error as a finding: a TickswapError's own, otherwise a defect of tickswap. */
export function findingOf(error: unknown): Finding {
  if (error instanceof TickswapError) return error.finding
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return finding('TICKSWAP_E_INTERNAL', message)
}
