import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Command } from 'commander'
import { CityEngine } from './demo/engine.ts'
import { play, type Result } from './demo/play.ts'
import { STEPS } from './demo/steps.ts'
import { tableOf } from './demo/table.ts'

const ENTRY = fileURLToPath(new URL('../../examples/city/engine.ts', import.meta.url))
const MAIN = fileURLToPath(new URL('./main.js', import.meta.url))
/** the script must be over by then */
const LIMIT_MS = 58_000

interface DemoOptions {
  open?: boolean
  plain?: boolean
  admin?: string
}

/** Adds `tickswap demo`. */
export function registerDemo(program: Command): void {
  program
    .command('demo')
    .description('a city that changes while it runs: plays eight edits and shows what comes of each')
    .option('--open', 'go on afterwards, for edits of your own')
    .option('--plain', 'lines of text, also on a terminal')
    .option('--admin <port>', 'show it on a page too, at this port of this machine')
    .action(async (options: DemoOptions) => {
      process.exitCode = await demo(options)
    })
}

/** @returns the exit code: 0 when every step did what it should */
async function demo({ open = false, plain = false, admin }: DemoOptions): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'tickswap-city-'))
  await cp(dirname(ENTRY), folder, { recursive: true })
  const systems = join(folder, 'systems')
  const engine = new CityEngine(MAIN, join(folder, 'engine.ts'), {
    run: admin === undefined ? [] : ['--admin', admin],
    engine: plain ? ['--plain'] : [],
  })
  // The engine hears Ctrl-C too, and puts the terminal back; this process ends when it has.
  process.on('SIGINT', () => {})
  const results: Result[] = []
  const trouble = await played(engine, systems, results)
  if (open && !trouble) {
    await engine.say(`your turn: edit the files in ${systems}; Ctrl-C ends`)
    await engine.ended()
  } else {
    await engine.close()
    await rm(folder, { recursive: true, force: true })
  }
  return conclude(results, trouble)
}

/** Plays all steps. @returns what kept it from doing so */
async function played(engine: CityEngine, systems: string, results: Result[]): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not over after ${LIMIT_MS / 1000} s`)), LIMIT_MS)
  })
  try {
    await Promise.race([late, script(engine, systems, results)])
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  } finally {
    clearTimeout(timer)
  }
}

async function script(engine: CityEngine, systems: string, results: Result[]): Promise<void> {
  await engine.ready()
  const { people, participants } = await engine.look()
  await engine.say(`a city of ${people} people in seven units, run by ${participants} threads`)
  for (const step of STEPS) results.push(await play(engine, systems, step, results))
}

function conclude(results: readonly Result[], trouble: string | undefined): number {
  console.log(tableOf(results))
  console.log('worst stall: the longest tick() of any thread from before the edit to after its probation')
  const problems = results.flatMap(({ step, problems }) =>
    problems.map((problem) => `(${step.letter}) ${problem}`),
  )
  if (trouble) problems.push(trouble)
  for (const problem of problems) console.log(`✘ ${problem}`)
  if (problems.length > 0) return 1
  console.log('every edit did what it should; no tick lost, none mixed')
  return 0
}
