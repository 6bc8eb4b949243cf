import { TickswapError } from '../errors.ts'

/** Every flag a version can carry. The index is its bit in records: append, never reorder. */
export const FLAGS = [
  'STABLE',
  'BETA',
  'ALPHA',
  'RC',
  'LTS',
  'SECURITY',
  'HOTFIX',
  'BREAKING',
  'DEPRECATED',
  'EXPERIMENTAL',
  'YANKED',
  'INTERNAL',
  'NEEDS_MIGRATION',
  'LOSSY_DOWN',
  'API_FROZEN',
  'TRIAL',
  'QUARANTINED',
] as const

export type Flag = (typeof FLAGS)[number]

/** Flags as people write them: a bit mask, or names in any case, with `-` or `_`. */
export type Flags = number | string | readonly string[]

/** A choice of versions by their flags. */
export interface FlagSet {
  /** flags that are all set */
  readonly required: readonly Flag[]
  /** flags of which none is set */
  readonly excluded: readonly Flag[]
}

/** Choices that have a name, for `Constraint.parse(range, { flags: 'production' })`. */
export const FLAG_SETS = {
  production: { required: ['STABLE'], excluded: ['EXPERIMENTAL'] },
  longterm: { required: ['STABLE', 'LTS'], excluded: ['EXPERIMENTAL', 'DEPRECATED'] },
  usable: { required: [], excluded: ['YANKED', 'QUARANTINED'] },
  supported: { required: [], excluded: ['YANKED', 'QUARANTINED', 'DEPRECATED'] },
  frozen: { required: ['API_FROZEN'], excluded: ['BREAKING'] },
  public: { required: [], excluded: ['INTERNAL', 'EXPERIMENTAL', 'TRIAL'] },
} as const satisfies Record<string, FlagSet>

export type FlagSetName = keyof typeof FLAG_SETS

const BITS = new Map<string, number>(FLAGS.map((flag, bit) => [flag, 1 << bit]))
const ALL = (1 << FLAGS.length) - 1
/** names are short; whatever is longer is shown cut off */
const MOST_SHOWN = 40

const canonical = (name: string): string => name.toUpperCase().replaceAll('-', '_')

function unknown(what: string, position: number): never {
  throw new TickswapError(
    'TICKSWAP_E_FLAG_UNKNOWN',
    `${what}, at position ${position + 1} of the flags; there are: ${FLAGS.join(', ')}`,
  )
}

function bitOf(name: unknown, position: number): number {
  if (typeof name !== 'string') unknown(`a ${typeof name} is no flag`, position)
  const bit = name.length <= MOST_SHOWN ? BITS.get(canonical(name)) : undefined
  if (bit === undefined) unknown(`"${name.slice(0, MOST_SHOWN)}" is no flag`, position)
  return bit
}

/** The bits of flags. Throws TICKSWAP_E_FLAG_UNKNOWN, with the position in the list, for another. */
export function flagBits(flags: Flags): number {
  if (typeof flags === 'number') {
    if (!Number.isInteger(flags) || flags < 0 || flags > ALL) unknown(`${flags} is no set of flags`, 0)
    return flags
  }
  if (typeof flags === 'string') return bitOf(flags, 0)
  if (!Array.isArray(flags)) unknown(`a ${typeof flags} is no list of flags`, 0)
  let bits = 0
  for (let i = 0; i < flags.length; i++) bits |= bitOf(flags[i], i)
  return bits
}

/** The names of the bits, in the order of FLAGS; bits without a name are left out. */
export const flagNames = (bits: number): Flag[] => FLAGS.filter((_, bit) => (bits & (1 << bit)) !== 0)

/** The named choice. Throws TICKSWAP_E_FLAG_UNKNOWN for another name. */
export function flagSet(name: string): FlagSet {
  if (typeof name === 'string' && Object.hasOwn(FLAG_SETS, name)) return FLAG_SETS[name as FlagSetName]
  const shown = typeof name === 'string' ? `"${name.slice(0, MOST_SHOWN)}"` : `a ${typeof name}`
  throw new TickswapError(
    'TICKSWAP_E_FLAG_UNKNOWN',
    `${shown} is no set of flags; there are: ${Object.keys(FLAG_SETS).join(', ')}`,
  )
}
