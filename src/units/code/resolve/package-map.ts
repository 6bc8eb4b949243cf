/** The `exports` and `imports` fields of package.json, as Node reads them. */

type Target = string | null | readonly Target[] | { readonly [condition: string]: Target }

const isSubpathMap = (value: unknown): value is Record<string, Target> =>
  typeof value === 'object' && value !== null && Object.keys(value).some((key) => key.startsWith('.'))

/** Whether `exports` is none that Node takes: keys of two kinds, or numbers, whose order is not the written one. */
export function isMixed(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const keys = Object.keys(value)
  const subpaths = keys.filter((key) => key.startsWith('.')).length
  return (subpaths > 0 && subpaths < keys.length) || keys.some((key) => /^\d+$/.test(key))
}

/** @param subpath `.` or `./x`. @returns the target, null when it is closed, undefined when there is none */
export function lookUpExports(
  exports: unknown,
  subpath: string,
  conditions: ReadonlySet<string>,
): string | null | undefined {
  const map = isSubpathMap(exports) ? exports : { '.': exports as Target }
  return lookUpMap(map, subpath, conditions)
}

/** The entry of a map of subpaths, or of `#imports`, for `key`. */
export function lookUpMap(
  map: Readonly<Record<string, Target>>,
  key: string,
  conditions: ReadonlySet<string>,
): string | null | undefined {
  if (Object.hasOwn(map, key) && !key.includes('*')) return choose(map[key], '', conditions)
  let best: string | undefined
  for (const pattern of Object.keys(map)) {
    if (matches(pattern, key) && (best === undefined || isBetter(pattern, best))) best = pattern
  }
  if (best === undefined) return undefined
  const star = best.indexOf('*')
  return choose(map[best], key.slice(star, key.length - (best.length - star - 1)), conditions)
}

function matches(pattern: string, key: string): boolean {
  const star = pattern.indexOf('*')
  if (star < 0) return false
  const tail = pattern.slice(star + 1)
  return key.startsWith(pattern.slice(0, star)) && key.length >= pattern.length && key.endsWith(tail)
}

const isBetter = (a: string, b: string): boolean =>
  a.indexOf('*') > b.indexOf('*') || (a.indexOf('*') === b.indexOf('*') && a.length > b.length)

function choose(
  target: Target | undefined,
  match: string,
  conditions: ReadonlySet<string>,
): string | null | undefined {
  if (typeof target === 'string') return target.replaceAll('*', match)
  if (target === null || target === undefined) return target
  if (Array.isArray(target)) {
    for (const each of target) {
      const found = choose(each, match, conditions)
      if (found) return found
    }
    return null
  }
  for (const [condition, each] of Object.entries(target as Record<string, Target>)) {
    if (condition !== 'default' && !conditions.has(condition)) continue
    const found = choose(each, match, conditions)
    if (found !== undefined) return found
  }
  return undefined
}
