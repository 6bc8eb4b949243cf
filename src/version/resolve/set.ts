/**
 * Sets of choices as bits, 32 to a word. Never changed once made. All sets of one unit have the
 * same number of words; the bits beyond its choices stay 0.
 */
export type Choices = Uint32Array

export function emptySet(size: number): Choices {
  return new Uint32Array(Math.ceil(size / 32))
}

export function fullSet(size: number): Choices {
  const set = emptySet(size).fill(0xffff_ffff)
  const rest = size % 32
  if (rest !== 0) set[set.length - 1] = 2 ** rest - 1
  return set
}

export function setOf(size: number, has: (index: number) => boolean): Choices {
  const set = emptySet(size)
  for (let i = 0; i < size; i++) if (has(i)) set[i >>> 5]! |= 1 << (i & 31)
  return set
}

export function single(size: number, index: number): Choices {
  const set = emptySet(size)
  set[index >>> 5] = 1 << (index & 31)
  return set
}

export const has = (set: Choices, index: number): boolean => ((set[index >>> 5]! >>> (index & 31)) & 1) === 1

export function intersection(a: Choices, b: Choices): Choices {
  const both = new Uint32Array(a.length)
  for (let i = 0; i < a.length; i++) both[i] = a[i]! & b[i]!
  return both
}

export function union(a: Choices, b: Choices): Choices {
  const either = new Uint32Array(a.length)
  for (let i = 0; i < a.length; i++) either[i] = a[i]! | b[i]!
  return either
}

export function without(a: Choices, b: Choices): Choices {
  const rest = new Uint32Array(a.length)
  for (let i = 0; i < a.length; i++) rest[i] = a[i]! & ~b[i]!
  return rest
}

export function isSubset(a: Choices, b: Choices): boolean {
  for (let i = 0; i < a.length; i++) if ((a[i]! & ~b[i]!) !== 0) return false
  return true
}

export function isDisjoint(a: Choices, b: Choices): boolean {
  for (let i = 0; i < a.length; i++) if ((a[i]! & b[i]!) !== 0) return false
  return true
}

export function isEmpty(a: Choices): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== 0) return false
  return true
}

export function count(a: Choices): number {
  let total = 0
  for (let i = 0; i < a.length; i++) for (let word = a[i]!; word !== 0; word &= word - 1) total++
  return total
}

/** The lowest index in the set, -1 when it is empty. */
export function first(a: Choices): number {
  for (let i = 0; i < a.length; i++) if (a[i] !== 0) return i * 32 + 31 - Math.clz32(a[i]! & -a[i]!)
  return -1
}
