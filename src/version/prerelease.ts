/**
 * One dot-separated part of a prerelease. Numbers too large to be exact stay text,
 * and compare by value all the same.
 */
export type Identifier = number | string

const NUMERIC = /^[0-9]+$/
const isNumeric = (identifier: Identifier): boolean =>
  typeof identifier === 'number' || NUMERIC.test(identifier)

function compareIdentifiers(a: Identifier, b: Identifier): number {
  const numericA = isNumeric(a)
  const numericB = isNumeric(b)
  if (numericA !== numericB) return numericA ? -1 : 1
  const [left, right] = numericA ? [Number(a), Number(b)] : [a, b]
  return left === right ? 0 : left < right ? -1 : 1
}

/**
 * Semantic versioning's order of prereleases: -1, 0 or 1; none at all comes after any. As node-semver has it, two that
 * first differ in numbers too large to be told apart are equal, whatever follows.
 */
export function comparePrerelease(a: readonly Identifier[], b: readonly Identifier[]): number {
  if (a.length === 0 || b.length === 0) return Math.sign(b.length - a.length)
  for (let i = 0; i < a.length && i < b.length; i++) {
    if (a[i] !== b[i]) return compareIdentifiers(a[i]!, b[i]!)
  }
  return Math.sign(a.length - b.length)
}
