/** The word for the type of a soft value: `null` and `array` beside those of typeof. */
export function softType(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}
