import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { applied, type Edit } from './edits.ts'
import type { CityEngine } from './engine.ts'
import { checkAlways, type Seen, type Step } from './steps.ts'

/** One line of the table at the end. */
export interface Result {
  readonly step: Step
  readonly seen: Seen
  /** from before the first write to the commit, on the clock of the machine; absent when nothing went live */
  readonly writeToLiveMs?: number
  readonly problems: readonly string[]
}

/** time to read what is about to happen, and to see what came of it */
const READ_MS = 1300
const WATCH_MS = 1100
/** an answer of the runtime takes as long as probation at most */
const ANSWER_MS = 8000
/** the city has gone on when it has run this many frames since before the edit */
const RUNS_ON_FRAMES = 10
const POLL_MS = 20
/** how long a restored file may take to be looked at */
const SETTLE_MS = 250

/** Plays one step on the running city. */
export async function play(
  engine: CityEngine,
  folder: string,
  step: Step,
  results: readonly Result[],
): Promise<Result> {
  await engine.say(`(${step.letter}) ${step.story}`)
  await sleep(READ_MS)
  engine.forget()
  const before = await engine.look(true)
  const good = await Promise.all(step.edits.map(({ file }) => readFile(join(folder, file), 'utf8')))
  if (step.command === 'hire') await engine.hire()
  const wroteAt = performance.timeOrigin + performance.now()
  if (step.rollback) await engine.rollback(step.rollback.unit, versionBefore(step.rollback, results))
  else await save(folder, step.edits, good)
  const answer = await engine.heard((event) => event !== 'swap', ANSWER_MS)
  const live = await engine.heard((event) => event === 'swap', 0)
  const after = await lookAfter(engine, before.frame + RUNS_ON_FRAMES)
  if (step.restore)
    await Promise.all(step.edits.map(({ file }, i) => writeFile(join(folder, file), good[i]!)))
  await sleep(step.restore ? WATCH_MS + SETTLE_MS : WATCH_MS)
  const seen: Seen = { before, after, event: answer?.event, report: answer?.report }
  return {
    step,
    seen,
    ...(live?.report.liveMs !== undefined && {
      writeToLiveMs: live.report.at + live.report.liveMs - wroteAt,
    }),
    problems: [...checkAlways(step, seen), ...step.check(seen)],
  }
}

/** What there is to see once the city has run on to `frame`, or has not in the time for an answer. */
async function lookAfter(engine: CityEngine, frame: number): Promise<Seen['after']> {
  const end = performance.now() + ANSWER_MS
  for (;;) {
    const look = await engine.look()
    if (look.frame >= frame || performance.now() > end) return look
    await sleep(POLL_MS)
  }
}

/** Saves all files of one change at once, as an editor's "save all" does. */
async function save(folder: string, edits: readonly Edit[], good: readonly string[]): Promise<void> {
  const texts = edits.map((edit, i) => applied(good[i]!, edit))
  await Promise.all(edits.map(({ file }, i) => writeFile(join(folder, file), texts[i]!)))
}

function versionBefore({ unit, before }: NonNullable<Step['rollback']>, results: readonly Result[]): string {
  const version = results.find(({ step }) => step.letter === before)?.seen.before.versions[unit]
  if (version === undefined) throw new Error(`the version of ${unit} before step ${before} is not known`)
  return version
}
