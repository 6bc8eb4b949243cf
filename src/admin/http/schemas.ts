/** JSON schemas of what the interface answers with. Objects may have more than they name. */
const object = (properties: Record<string, object>, required = Object.keys(properties)) => {
  return { type: 'object', properties, required, additionalProperties: true }
}
const list = (items: object) => ({ type: 'array', items })
const text = { type: 'string' }
const number = { type: 'number' }
const whole = { type: 'integer' }
const texts = list(text)

export const PROBLEM = object({
  type: text,
  title: text,
  status: whole,
  detail: text,
  code: { type: 'string', pattern: '^TICKSWAP_E_[A-Z_]+$' },
  advice: text,
})

const FINDING = object({
  code: text,
  severity: { type: 'string', enum: ['error', 'warning', 'info'] },
  message: text,
  advice: text,
})

export const HEALTH = object({
  status: { type: 'string', enum: ['healthy', 'degraded', 'critical'] },
  reasons: texts,
  uptimeSeconds: number,
  version: text,
})

export const UNITS = list(
  object({
    unit: text,
    version: text,
    file: text,
    hash: text,
    flags: texts,
    arenaBytes: whole,
    editions: texts,
    backups: texts,
    backupBytes: whole,
    state: { type: 'string', enum: ['running', 'candidate', 'probation', 'quarantined'] },
    permanent: text,
  }),
)

export const PARTICIPANTS = list(
  object(
    {
      slot: whole,
      name: text,
      state: { type: 'string', enum: ['ticking', 'paused', 'dead'] },
      tick: whole,
      ticksPerSecond: number,
      standsStill: { type: 'boolean' },
      interval: object({ median: number, p99: number, worst: number }),
      versions: { type: 'object', additionalProperties: { type: 'string' } },
    },
    ['slot', 'name', 'state', 'tick', 'ticksPerSecond', 'standsStill'],
  ),
)

const PHASES = { type: 'object', additionalProperties: { type: 'number' } }

export const REPORT = object(
  {
    id: whole,
    trigger: text,
    outcome: text,
    verdict: text,
    actions: texts,
    units: list(
      object({ unit: text, from: text, to: text, hash: text, via: texts }, ['unit', 'from', 'to', 'hash']),
    ),
    files: texts,
    phases: PHASES,
    participants: list(
      object(
        {
          participant: text,
          phases: PHASES,
          warmMs: number,
          worstWarmMs: number,
          spareMs: number,
          warmSliceMs: number,
          stallMs: number,
          tick: whole,
        },
        ['participant', 'phases', 'warmMs', 'worstWarmMs', 'stallMs', 'tick'],
      ),
    ),
    findings: list(FINDING),
    rehearsed: list(object({ unit: text, how: text, ticks: whole })),
    retried: list(object({ phase: text, attempts: whole, waitedMs: number, why: text })),
    restored: object({ how: text, ticksLost: whole, ticksReplayed: whole, at: number }, ['how', 'ticksLost']),
    liveMs: number,
    stallMs: number,
    at: number,
  },
  [
    'id',
    'trigger',
    'outcome',
    'verdict',
    'actions',
    'units',
    'files',
    'phases',
    'participants',
    'findings',
    'stallMs',
    'at',
  ],
)

export const REPORTS = list(REPORT)

export const HISTORY = list(
  object({ unit: text, version: text, hash: text, at: number, outcome: text, swap: whole, codes: texts }),
)

export const BACKUPS = list(
  object({
    units: list(object({ unit: text, version: text, bytes: whole })),
    swap: whole,
    tick: whole,
    at: number,
    memoryBytes: whole,
    storedBytes: whole,
    isEarlier: { type: 'boolean' },
    isUsable: { type: 'boolean' },
  }),
)

export const ALERTS = list(
  object({
    rule: text,
    severity: { type: 'string', enum: ['low', 'medium', 'high', 'critical'] },
    message: text,
    advice: text,
    subject: text,
    at: number,
  }),
)

export const WARNINGS = list(FINDING)

export const QUARANTINE = list(
  object({
    units: list(object({ unit: text, file: text, hash: text, version: text })),
    reason: text,
    swap: whole,
    at: number,
  }),
)

const TIER = object({ objects: whole, bytes: whole, unpackedBytes: whole, ratio: number, hits: whole })
const STORE = object({
  path: text,
  backend: text,
  diskBytes: whole,
  entries: whole,
  misses: whole,
  tiers: object({ hot: TIER, warm: TIER, cold: TIER }),
})
const REGISTRY = object({ bytes: whole, mostBytes: whole, units: whole, versions: whole, generation: whole })

export const VITALS = object({ queued: whole, residentBytes: whole, registry: REGISTRY, store: STORE }, [
  'queued',
  'residentBytes',
  'registry',
])

export const DIAGNOSTICS = object(
  {
    tickswap: text,
    node: text,
    platform: text,
    native: object({ implementation: text, available: text }),
    memory: object({ residentBytes: whole, arenaBytes: whole, backupBytes: whole }),
    queued: whole,
    registry: REGISTRY,
    participants: PARTICIPANTS,
    store: STORE,
  },
  ['tickswap', 'node', 'platform', 'native', 'memory', 'queued', 'registry', 'participants'],
)

export const SOURCES = object({
  unit: text,
  version: text,
  files: list(object({ file: text, text, isAsWritten: { type: 'boolean' } })),
})

export const CONFIRMED = object({ confirmed: { type: 'boolean' } })
export const LIFTED = object({ lifted: whole })
