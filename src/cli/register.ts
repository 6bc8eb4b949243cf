/**
 * Loaded with `--import` in the engine's main thread and in each worker that inherits its `execArgv`. Hooks do
 * not reach workers by themselves: on Node 20 each worker that registers them gets them, on Node 24 only
 * synchronous hooks do, which also need no thread of their own.
 */
import nodeModule from 'node:module'
import { findOwn, loadTypeScript } from './engine-modules.ts'

interface SyncHooks {
  resolve(
    specifier: string,
    context: unknown,
    next: (specifier: string, context: unknown) => unknown,
  ): unknown
  load(url: string, context: unknown, next: (url: string, context: unknown) => unknown): unknown
}

/** since Node 22.15 */
const { registerHooks } = nodeModule as { registerHooks?: (hooks: SyncHooks) => void }

const HOOKS: SyncHooks = {
  resolve(specifier, context, next) {
    try {
      return next(specifier, context)
    } catch (error) {
      return findOwn(specifier, error)
    }
  },
  load: (url, context, next) => loadTypeScript(url) ?? next(url, context),
}

if (registerHooks) registerHooks(HOOKS)
else nodeModule.register(new URL('./hooks.js', import.meta.url))
