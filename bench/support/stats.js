/** Order statistics of measured samples. */

/** The value below which the share `q` (0 to 1) of the samples lies, interpolated. */
export function quantile(samples, q) {
  const sorted = Float64Array.from(samples).sort()
  const at = (sorted.length - 1) * q
  const low = Math.floor(at)
  return sorted[low] + (sorted[Math.ceil(at)] - sorted[low]) * (at - low)
}

export const median = (samples) => quantile(samples, 0.5)

/** What a result says of its samples. */
export function summary(samples) {
  if (samples.length === 0) throw new Error('nothing was measured')
  return {
    n: samples.length,
    median: median(samples),
    p95: quantile(samples, 0.95),
    p99: quantile(samples, 0.99),
  }
}

/** A result with its peer, both from samples; the ratio is that of the medians. */
export function against(samples, name, peerSamples) {
  const ours = summary(samples)
  const peer = { name, ...summary(peerSamples) }
  return { ...ours, peer, ratio: ours.median / peer.median }
}

/** Least-squares slope of `y` over `x`: growth per step, undisturbed by one odd sample. */
export function slope(points) {
  const mean = (pick) => points.reduce((sum, point) => sum + pick(point), 0) / points.length
  const [x, y] = [mean((point) => point.x), mean((point) => point.y)]
  const over = points.reduce((sum, point) => sum + (point.x - x) * (point.y - y), 0)
  return over / points.reduce((sum, point) => sum + (point.x - x) ** 2, 0)
}
