import { bad } from './option-values.ts'

/** The options that are objects of options, with what may be in them. What each may be besides is said elsewhere. */
const GROUPS: Readonly<Record<string, readonly string[]>> = {
  flapping: ['times', 'withinMs'],
  probation: ['ticks', 'budgetMs', 'budgetRatio', 'ms', 'heapBytes', 'leastTicks'],
  rehearsal: ['ticks', 'memoryMb', 'warmTicks', 'warmSliceMs'],
  backups: ['count', 'ageMs', 'bytes'],
  rollback: ['state', 'log'],
  'rollback.log': ['ticks', 'bytes', 'ms'],
  admin: ['port', 'host', 'token', 'webhooks', 'alerts'],
  'admin.alerts': ['stallMs', 'memoryBytes'],
  log: ['level', 'file'],
  picture: ['width', 'height', 'pixels'],
  deadlines: [
    ...['queueMs', 'stageMs', 'checkMs', 'storeMs', 'evaluateMs', 'rehearseMs', 'prepareMs', 'parkMs'],
    ...['leadMs', 'migrateMs', 'confirmMs', 'probationMs'],
  ],
}
/** Where something else than an object says something, too. */
const OTHERS: Readonly<Record<string, (value: unknown) => boolean>> = {
  rehearsal: (value) => value === false,
  backups: (value) => typeof value === 'number' || typeof value === 'string',
  'rollback.log': (value) => value === false,
  admin: (value) => value === false || typeof value === 'number',
  log: (value) => value === false || typeof value === 'string',
}

/**
 * An option with a name that there is not, or of another kind, would be an option that nobody hears of.
 * @throws TickswapError OPTION that names the option
 */
export function checkShape(options: object): void {
  for (const [key, value] of Object.entries(options)) if (value === null) throw bad(`${key} is null`)
  for (const [path, names] of Object.entries(GROUPS)) {
    const value = path.split('.').reduce<unknown>(valueIn, options)
    if (value !== undefined && !OTHERS[path]?.(value)) checkGroup(path, value, names)
  }
}

const valueIn = (group: unknown, name: string): unknown =>
  typeof group === 'object' && group !== null ? (group as Record<string, unknown>)[name] : undefined

function checkGroup(path: string, value: unknown, names: readonly string[]): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw bad(`${path} is ${String(value)}; an object with ${names.join(', ')} is needed`)
  for (const [name, one] of Object.entries(value)) {
    if (!names.includes(name)) throw bad(`there is no option ${path}.${name}; there are: ${names.join(', ')}`)
    if (one === null) throw bad(`${path}.${name} is null`)
  }
}
