/** Module hooks for Node before 22.15, which runs them in a thread of their own. */
import type { LoadHook, ResolveHook } from 'node:module'
import { findOwn, loadTypeScript } from './engine-modules.ts'

export const resolve: ResolveHook = async (specifier, context, next) => {
  try {
    return await next(specifier, context)
  } catch (error) {
    return findOwn(specifier, error)
  }
}

export const load: LoadHook = async (url, context, next) => loadTypeScript(url) ?? next(url, context)
