import { readSource } from './content/read.ts'
import { draftOf, finishDraft } from './draft.ts'
import type { Graph } from './graph.ts'
import { PackageJsons } from './resolve/package-json.ts'
import { Tsconfigs } from './resolve/tsconfig.ts'
import { RecentSources } from './transform/recent.ts'

/** Longer modules teach no more and take too long at a time. */
const LONGEST_BYTES = 16 * 1024
/** Every so many turns the module is parsed as a whole, as it is when its top level changes. */
const WHOLE_EVERY = 8

/**
 * Transforms a module that runs again and again, each time with a line break more somewhere,
 * and throws the result away: V8 then has compiled the transformer when the first edit comes.
 */
export class WarmUp {
  readonly #id: string
  readonly #lines: readonly string[]
  readonly #packages = new PackageJsons()
  readonly #tsconfigs = new Tsconfigs()
  readonly #recent = new RecentSources()
  #turn = 0

  /** @returns undefined for a graph without a module to practise on */
  static on(graph: Graph): WarmUp | undefined {
    const scripts = [...graph.modules.values()].filter(
      ({ selfContained, code }) => selfContained && code.length <= LONGEST_BYTES,
    )
    const longest = scripts.reduce<(typeof scripts)[number] | undefined>(
      (best, each) => (best && best.code.length >= each.code.length ? best : each),
      undefined,
    )
    return longest && new WarmUp(longest.id)
  }

  private constructor(id: string) {
    this.#id = id
    this.#lines = Buffer.from(readSource(id)).toString('utf8').split('\n')
  }

  /** One edit's worth of work. */
  turn(): void {
    const turn = this.#turn++
    const at = (turn * 7) % this.#lines.length
    const edited = [...this.#lines.slice(0, at), '', ...this.#lines.slice(at)].join('\n')
    const recent = turn % WHOLE_EVERY === 0 ? new RecentSources() : this.#recent
    const context = { packages: this.#packages, tsconfigs: this.#tsconfigs, recent, jsx: undefined }
    const draft = draftOf(this.#id, Buffer.from(edited), '', context)
    finishDraft(draft, new Set(), true)
  }
}
