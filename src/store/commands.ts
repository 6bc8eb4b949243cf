import { TickswapError } from '../errors.ts'
import type { BackendKind } from './backends/contract.ts'
import { isBackend } from './backends/open.ts'
import type { Store, StoreStats } from './store.ts'
import type { Problem } from './verify.ts'

/** What may be asked of an open store from outside. JSON. */
export type Command =
  | { readonly name: 'stats' }
  | { readonly name: 'verify' }
  | { readonly name: 'cleanup'; readonly graceMs?: number }
  | { readonly name: 'flush'; readonly all?: boolean }
  | { readonly name: 'migrate'; readonly to: BackendKind; readonly path?: string }

export interface Results {
  stats: StoreStats
  verify: { objects: number; owners: number; pointers: number; entries: number; problems: readonly Problem[] }
  cleanup: Awaited<ReturnType<Store['cleanup']>>
  flush: StoreStats
  migrate: StoreStats
}

export async function execute(
  store: Store,
  command: Command,
  tell: (progress: unknown) => void,
): Promise<Results[Command['name']]> {
  switch (command.name) {
    case 'stats':
      return store.stats()
    case 'verify': {
      const { off: _, ...report } = await store.verify()
      return report
    }
    case 'cleanup':
      return store.cleanup(command.graceMs)
    case 'flush':
      await store.flush(command.all)
      return store.stats()
    case 'migrate':
      if (!isBackend(command.to))
        throw new TickswapError('TICKSWAP_E_OPTION', `there is no backend ${String(command.to)}`)
      return store.migrate(command.to, command.path, tell)
    default:
      throw new TickswapError(
        'TICKSWAP_E_USAGE',
        `no such command: ${JSON.stringify(command satisfies never)}`,
      )
  }
}
