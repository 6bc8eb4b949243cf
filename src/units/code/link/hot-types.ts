/** A module's exports, as callbacks get them. */
// biome-ignore lint/suspicious/noExplicitAny: as Vite has it, so that `module.name` can be used without a cast
export type HotNamespace = Record<string, any>

export interface HotUpdate {
  readonly type: 'js-update'
  /** the module that is evaluated anew, and the one that took it */
  readonly path: string
  readonly acceptedPath: string
  /** milliseconds since 1970 */
  readonly timestamp: number
}

/** Events by Vite's names, and what listeners get. Any other name is an event of the program's own. */
export interface HotEvents {
  /** before imports lead to the new versions */
  'vite:beforeUpdate': { readonly type: 'update'; readonly updates: readonly HotUpdate[] }
  /** when the update is final, after all callbacks */
  'vite:afterUpdate': { readonly type: 'update'; readonly updates: readonly HotUpdate[] }
  /** before modules that nothing imports any more are forgotten */
  'vite:beforePrune': { readonly type: 'prune'; readonly paths: readonly string[] }
  /** a module called `invalidate` */
  'vite:invalidate': { readonly path: string; readonly message: string | undefined }
  /** an edit was refused; what ran before goes on */
  'vite:error': {
    readonly type: 'error'
    readonly err: { readonly message: string; readonly stack: string; readonly [more: string]: unknown }
  }
}

export type HotPayload<E extends string> = E extends keyof HotEvents ? HotEvents[E] : unknown

/**
 * `import.meta.hot`, as Vite documents it, with one difference: the new version is
 * evaluated first, and the old one disposed when the swap is final. A callback never
 * gets undefined.
 */
export interface HotContext {
  /** kept from one version of the module to the next; to be changed, not to be replaced */
  // biome-ignore lint/suspicious/noExplicitAny: as Vite has it
  readonly data: any
  /** This module takes new versions of itself; importers need not be evaluated again. */
  accept(): void
  accept(callback: (module: HotNamespace) => void): void
  /** This module takes new versions of one it imports. */
  accept(dependency: string, callback?: (module: HotNamespace) => void): void
  /** The callback gets those of the modules that were updated, and null for the others. */
  accept(dependencies: readonly string[], callback?: (modules: (HotNamespace | null)[]) => void): void
  /** Called for a version that was replaced, or is imported no more, when that is final. */
  // biome-ignore lint/suspicious/noExplicitAny: as Vite has it
  dispose(callback: (data: any) => void): void
  /** Called when the module is imported no more. */
  // biome-ignore lint/suspicious/noExplicitAny: as Vite has it
  prune(callback: (data: any) => void): void
  /** Has the importers evaluated again: this version cannot be taken after all. */
  invalidate(message?: string): void
  /** Nothing, as in Vite: a module that does not accept has declined. */
  decline(): void
  on<E extends string>(event: E, callback: (payload: HotPayload<E>) => void): void
  off<E extends string>(event: E, callback: (payload: HotPayload<E>) => void): void
  /** Nothing: there is no server to send to. */
  send(event: string, data?: unknown): void
}
