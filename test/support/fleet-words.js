/** Words that a test engine's threads share. */
export const FRAME = 0
export const RUNNING = 1
export const SLOT = 8
/** per worker: frame done, version code, ready, exceptions that reached the engine, swaps it has heard of, entries of its history */
export const SLOT_WORDS = 8

/** 1.2.3.4 as one integer. */
export function versionCode(text) {
  const [major = 0, minor = 0, patch = 0, build = 0] = text.split(/[.-]/).map(Number)
  return major * 1_000_000 + minor * 10_000 + patch * 1000 + build
}
