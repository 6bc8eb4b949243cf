type Soft = Record<string, unknown>

/**
 * A deep copy. What cannot be copied, such as a function, is handed over as it is: a tick never fails on it. Soft
 * state of numbers, texts and the like, which most is, is copied without `structuredClone`, which sends it through
 * a message port.
 */
export function copySoft(soft: Soft): Soft {
  const prototype = Object.getPrototypeOf(soft)
  if (prototype !== Object.prototype && prototype !== null) return copyAll(soft)
  const copy: Soft = {}
  for (const key of Object.keys(soft)) {
    const value = soft[key]
    if (!isSimple(value) || key === '__proto__') return copyAll(soft)
    copy[key] = value
  }
  return copy
}

/** Whether a value is its own copy. */
function isSimple(value: unknown): boolean {
  switch (typeof value) {
    case 'object':
      return value === null
    case 'function':
    case 'symbol':
      return false
    default:
      return true
  }
}

function copyAll(soft: Soft): Soft {
  try {
    return structuredClone(soft)
  } catch {
    return Object.fromEntries(Object.entries(soft).map(([key, value]) => [key, copyValue(value)]))
  }
}

function copyValue(value: unknown): unknown {
  try {
    return structuredClone(value)
  } catch {
    return value
  }
}
