import { finding, TickswapError } from '../errors.ts'
import type { Artifact, Stage } from '../units/code/artifact.ts'
import { keepOutline } from '../units/code/surface/cache.ts'
import type { Attempts } from './again.ts'
import type { Ask, GoBack } from './ask.ts'
import { requiredBy } from './check.ts'
import type { Control } from './control.ts'
import type { Deadline } from './deadline.ts'
import { unitFilesAmong } from './folder.ts'
import { Stop } from './stop.ts'
import { modulesOfStored } from './stored-modules.ts'

/** What the system says of files that can be read a moment later. */
const PASSING: ReadonlySet<string> = new Set([
  ...['EBUSY', 'EMFILE', 'ENFILE', 'EAGAIN', 'EINTR', 'ETXTBSY', 'ESTALE'],
])
/** What a file looks like while it is being saved. The watcher waits for such files itself. */
const BEING_SAVED: ReadonlySet<string> = new Set(['TICKSWAP_E_FILE_MISSING', 'TICKSWAP_E_FILE_EMPTY'])
/** So long may a file that was asked for be gone or empty. */
const SAVE_MS = 250
/** Between two looks whether the swap is still wanted. */
const LOOK_MS = 20

/** What one staging is done with. */
export interface Staging {
  readonly control: Control
  readonly ask: Ask
  /** what goes back instead of being read, when something does */
  readonly editions: readonly GoBack[]
  readonly deadline: Deadline
  readonly attempts: Attempts
  /** @throws Stop when nobody wants the swap any more */
  goOn(): void
}

/** From files, or from what was kept of them, to modules that can be run. @throws Stop, StageError */
export async function stageFiles(staging: Staging): Promise<Stage> {
  const { control, ask, deadline, attempts, goOn } = staging
  refuseGone(ask, control)
  const isSaved = (ms: number) => ask.trigger === 'edit' || ms > SAVE_MS
  const mayHelp = (error: unknown, ms: number) => {
    if (!(error instanceof TickswapError)) return false
    const code = (error.cause as NodeJS.ErrnoException | undefined)?.code
    return PASSING.has(code ?? '') || (BEING_SAVED.has(error.code) && !isSaved(ms))
  }
  const pause = async (ms: number) => {
    const end = performance.now() + ms
    for (let left = ms; left > 0; left = end - performance.now()) {
      await new Promise((resolve) => setTimeout(resolve, Math.min(left, LOOK_MS)))
      goOn()
      deadline.check('waiting to read the files again')
    }
  }
  const stage = await attempts.make('stage', () => stageOnce(staging), mayHelp, pause)
  if (stage.update.artifacts.length === 0 && stage.update.evaluate.length === 0)
    throw new Stop('unchanged', [])
  return stage
}

async function stageOnce(staging: Staging): Promise<Stage> {
  const { control, ask, editions, deadline } = staging
  const { stager, catalog, settings } = control
  const { files, edition, invalidated = [] } = ask
  const onModule = (file: string) => deadline.check(file)
  if (edition) {
    const ofRun = editions.flatMap((each) => each.edition.artifacts ?? [])
    return stager.stage({ artifacts: [...ofRun, ...(await fromStore(staging, ofRun))], onModule })
  }
  const isNew = (file: string) => !catalog.has(file)
  const entries = await deadline.wait(
    unitFilesAmong(files.filter(isNew), settings.units),
    'looking for new units',
  )
  return stager.stage({ files, entries, invalidated, onModule })
}

/** The modules of versions that only earlier runs had. @throws TickswapError STORED_VERSION, STORE_DAMAGED; Stop */
async function fromStore(
  { control, editions, deadline }: Staging,
  beside: readonly Artifact[],
): Promise<readonly Artifact[]> {
  const { persistence, catalog } = control
  const wanted = editions.filter(({ edition }) => !edition.artifacts)
  if (wanted.length === 0) return []
  const names = wanted.map(({ unit, edition }) => ({ unit, version: edition.version.toString() }))
  const { onRead } = persistence.staging
  const heard = { onModule: deadline.check, onRead, outlined: keepOutline }
  const what = names.map(({ unit, version }) => `${unit} ${version}`).join(', ')
  const made = modulesOfStored(control, names, beside, heard)
  const { files, own } = await deadline.wait(made, `reading ${what} from the store`)
  for (const [i, { unit, version }] of names.entries()) {
    const { file } = catalog.units.get(unit)!.running.contract
    if (files[i] === file) continue
    const message = `${unit} ${version} in the store: its file was ${files[i]}, and now is ${file}`
    throw new TickswapError('TICKSWAP_E_STORED_VERSION', message, { unit, file })
  }
  return own
}

/** Files that are gone, or were saved empty and stayed so. @throws Stop */
function refuseGone(ask: Ask, { catalog }: Control): void {
  const empty = ask.empty.map((file) => finding('TICKSWAP_E_FILE_EMPTY', `${file} is empty`, { file }))
  const removed = ask.removed.flatMap((file) => {
    const unit = catalog.byFile(file)?.name
    if (!unit) return []
    const message = `the file of unit ${unit} is gone${requiredBy(unit, catalog)}`
    return [finding('TICKSWAP_E_UNIT_REMOVED', message, { file, unit })]
  })
  if (empty.length + removed.length > 0) throw new Stop('refused', [...empty, ...removed])
}
