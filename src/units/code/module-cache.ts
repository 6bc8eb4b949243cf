import { version } from 'node:process'
import { cachedDataVersionTag } from 'node:v8'
import type { Artifact, Request } from './artifact.ts'
import type { Content } from './content/content.ts'
import type { SourceRequest } from './transform/declarations.ts'

/** Of what the transform makes: raise it with every change of the text or the links it makes of a module. */
export const TRANSFORM_FORMAT = 1

/** A module as it was made once: what it imports, how that was resolved, and what became of it. */
export interface CachedModule {
  readonly requests: readonly SourceRequest[]
  readonly lazySpecifiers: readonly string[]
  readonly resolved: readonly Request[]
  readonly resolvedLazy: readonly Request[]
  readonly guarded: readonly number[]
  readonly artifact: Artifact
}

/** Modules that need not be made again. */
export interface ModuleCache {
  find(key: string): CachedModule | undefined
  /** Told of every module that was staged, made anew or found, with the bytes of its file. */
  staged(key: string, module: CachedModule | undefined, artifact: Artifact, bytes: Uint8Array): void
}

/** Everything that a module's making depends on, besides what its imports lead to. */
export function moduleKey(id: string, hash: string, packageType: string | undefined): string {
  const engine = `${version} ${process.arch} ${cachedDataVersionTag()}`
  return [id, hash, packageType ?? '', TRANSFORM_FORMAT, engine].join('\0')
}

/** JSX and decorators are compiled as a tsconfig.json says, CommonJS names what other files export: not kept. */
export function isCacheable({ kind, file }: Artifact, source: Uint8Array): boolean {
  if (kind !== 'esm' || file.endsWith('x')) return false
  const text = Buffer.from(source.buffer, source.byteOffset, source.length).toString()
  return !text.includes('@') || !text.replace(COMMENT, '').includes('@')
}
const COMMENT = /\/\*[\s\S]*?\*\/|\/\/.*/g

/** The content of a module that is not parsed: `print` falls back to `parse` when its imports lead elsewhere now. */
export function contentOfCached(cached: CachedModule, parse: () => Content): Content {
  const { artifact, requests, lazySpecifiers } = cached
  return {
    kind: artifact.kind,
    isAsync: artifact.async,
    isScript: true,
    requests,
    lazy: lazySpecifiers,
    requires: false,
    print: (...given) => parse().print(...given),
  }
}

export function fitsCached(
  cached: CachedModule,
  requests: readonly Request[],
  lazy: readonly Request[],
  guarded: ReadonlySet<number>,
): boolean {
  const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b)
  return (
    same(cached.resolved, requests) && same(cached.resolvedLazy, lazy) && same(cached.guarded, [...guarded])
  )
}
