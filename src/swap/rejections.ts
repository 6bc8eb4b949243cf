/** Says whether a rejection is its own; it is then dealt with. */
type Claim = (error: unknown) => boolean

const claims = new Set<Claim>()

/**
 * Node ends a thread for a rejection that nobody handles, unless somebody listens. While a version is in
 * probation its own rejections are failures of it; everybody else's end the thread as they would have,
 * unless the engine listens as well and decides that itself.
 */
function onRejection(error: unknown): void {
  for (const claim of claims) if (claim(error)) return
  if (process.listenerCount('unhandledRejection') > 1) return
  throw error
}

/** @returns stops it */
export function watchRejections(claim: Claim): () => void {
  if (claims.size === 0) process.on('unhandledRejection', onRejection)
  claims.add(claim)
  return () => {
    claims.delete(claim)
    if (claims.size === 0) process.off('unhandledRejection', onRejection)
  }
}
