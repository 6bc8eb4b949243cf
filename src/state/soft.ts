type Soft = Record<string, unknown>

/** A deep copy. What cannot be copied, such as a function, is handed over as it is: a tick never fails on it. */
export function copySoft(soft: Soft): Soft {
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
