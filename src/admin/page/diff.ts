/** A line of a comparison: in both, only in the new, only in the old. */
export interface DiffLine {
  readonly kind: 'same' | 'added' | 'dropped'
  readonly text: string
}

/** Cells of the table of common subsequences; beyond it the middle is shown as replaced. */
const MOST_CELLS = 4_000_000

/** The longest common subsequence of lines, after what is the same at both ends. */
export function diffLines(before: string, after: string): DiffLine[] {
  const [a, b] = [before.split('\n'), after.split('\n')]
  let start = 0
  while (start < a.length && start < b.length && a[start] === b[start]) start++
  let end = 0
  while (end < a.length - start && end < b.length - start && a.at(-1 - end) === b.at(-1 - end)) end++
  const same = (text: string): DiffLine => ({ kind: 'same', text })
  const middle = changes(a.slice(start, a.length - end), b.slice(start, b.length - end))
  return [...a.slice(0, start).map(same), ...middle, ...a.slice(a.length - end).map(same)]
}

function changes(a: readonly string[], b: readonly string[]): DiffLine[] {
  const dropped = (text: string): DiffLine => ({ kind: 'dropped', text })
  const added = (text: string): DiffLine => ({ kind: 'added', text })
  const width = b.length + 1
  if (a.length * width > MOST_CELLS) return [...a.map(dropped), ...b.map(added)]
  // lengths[i * width + j]: of what a from i and b from j have in common
  const lengths = new Uint32Array((a.length + 1) * width)
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      lengths[i * width + j] =
        a[i] === b[j]
          ? lengths[(i + 1) * width + j + 1]! + 1
          : Math.max(lengths[(i + 1) * width + j]!, lengths[i * width + j + 1]!)
  const lines: DiffLine[] = []
  let [i, j] = [0, 0]
  while (i < a.length && j < b.length) {
    if (a[i] === b[j]) {
      lines.push({ kind: 'same', text: a[i]! })
      i++
      j++
    } else if (lengths[(i + 1) * width + j]! >= lengths[i * width + j + 1]!) lines.push(dropped(a[i++]!))
    else lines.push(added(b[j++]!))
  }
  return [...lines, ...a.slice(i).map(dropped), ...b.slice(j).map(added)]
}

/** Leaves out what is the same, but for so many lines around each change; undefined stands for what is left out. */
export function around(lines: readonly DiffLine[], context: number): (DiffLine | undefined)[] {
  const near = new Set<number>()
  lines.forEach(({ kind }, at) => {
    if (kind !== 'same') for (let i = at - context; i <= at + context; i++) near.add(i)
  })
  const shown: (DiffLine | undefined)[] = []
  lines.forEach((line, at) => {
    if (near.has(at)) shown.push(line)
    else if (at === 0 || near.has(at - 1)) shown.push(undefined)
  })
  return shown
}
