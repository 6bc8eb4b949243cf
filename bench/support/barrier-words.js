/** Words that threads at a bare barrier share. */
export const Word = { FRAME: 0, RUNNING: 1, DONE: 2, MEETING: 3, THREADS: 4, ARRIVED: 5, ROUND: 6 }

/** Meets the others. @returns ms from the arrival until all have come and this thread goes on */
export function arrive(words) {
  const from = performance.now()
  const round = Atomics.load(words, Word.ROUND)
  if (Atomics.add(words, Word.ARRIVED, 1) === words[Word.THREADS] - 1) {
    Atomics.store(words, Word.ARRIVED, 0)
    Atomics.add(words, Word.ROUND, 1)
    Atomics.notify(words, Word.ROUND)
  } else while (Atomics.load(words, Word.ROUND) === round) Atomics.wait(words, Word.ROUND, round)
  return performance.now() - from
}
