/** Types of `import.meta.hot` for hot modules: `import type {} from 'tickswap/module'` brings them in. */
import type { HotContext } from './link/hot-types.ts'

export type { HotContext, HotEvents, HotNamespace, HotUpdate } from './link/hot-types.ts'

declare global {
  interface ImportMeta {
    /** present in hot modules that mention it */
    readonly hot?: HotContext
  }
}
