import { realpathSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Artifact, Request } from '../artifact.ts'
import { urlOfModule } from '../compile.ts'
import { asImportError } from '../loader-error.ts'
import { Resolution } from '../resolution.ts'
import { checkType, typeOfOptions, withType } from '../resolve/attributes.ts'
import { isFile } from '../resolve/package-json.ts'
import { Resolver } from '../resolve/resolver.ts'
import { evaluateOne } from './evaluation.ts'
import { Externals } from './externals.ts'
import { HotRegistry } from './hot.ts'
import { Instance } from './instance.ts'
import { type ModuleNamespace, ModuleView, namespaceIn } from './namespace.ts'
import { requireModule } from './require.ts'
import type { World } from './world.ts'

/** A map whose changes can be taken back. */
class Table<V> extends Map<string, V> {
  /** Puts in and takes out. @returns what was there, for `restore` */
  replace(entries: ReadonlyMap<string, V>, removed: ReadonlySet<string>): [string, V | undefined][] {
    const before: [string, V | undefined][] = []
    for (const [id, value] of entries) {
      before.push([id, this.get(id)])
      this.set(id, value)
    }
    for (const id of removed) {
      before.push([id, this.get(id)])
      this.delete(id)
    }
    return before
  }

  restore(before: readonly (readonly [string, V | undefined])[]): void {
    for (const [id, value] of before) {
      if (value === undefined) this.delete(id)
      else this.set(id, value)
    }
  }
}

/** The URL of a file with its real path, where there is one; as Node gives it. */
function realUrl(url: URL): string {
  const path = url.protocol === 'file:' ? fileURLToPath(url) : ''
  if (!isFile(path)) return url.href
  return pathToFileURL(realpathSync(path)).href + url.search + url.hash
}

export interface RunningHooks {
  /** loads a hot module that is not evaluated yet, for `import()` */
  readonly importHot: (id: string) => Promise<object>
  /** takes a hot module into the graph, if that can be done here */
  readonly loadMissing: (id: string) => Promise<void>
  /** called when a module has called `import.meta.hot.invalidate` */
  readonly invalidated: () => void
}

/** The modules that run. Only a commit changes what is in it. */
export class RunningWorld implements World {
  readonly instances = new Table<Instance>()
  readonly artifacts = new Table<Artifact>()
  readonly namespaces = new Table<ModuleNamespace>()
  readonly views = new Table<ModuleView>()
  readonly externals = new Externals()
  readonly hot: HotRegistry
  readonly #hooks: RunningHooks
  readonly #resolver = new Resolver((file) => this.artifacts.has(file))
  resolution: Resolution

  constructor(hooks: RunningHooks) {
    this.#hooks = hooks
    this.hot = new HotRegistry(hooks.invalidated)
    this.resolution = new Resolution({
      links: (id) => this.artifact(id)?.links,
      externalNames: (id) => this.externals.names(id),
    })
  }

  clear(): void {
    for (const instance of this.instances.values()) instance.wiring.suspend()
    for (const twin of [...this.views.values(), ...this.namespaces.values()]) twin.wiring.suspend()
    this.hot.clear()
    for (const table of [this.instances, this.artifacts, this.namespaces, this.views]) table.clear()
  }

  instance(id: string): Instance | undefined {
    return this.instances.get(id)
  }

  artifact(id: string): Artifact | undefined {
    return this.artifacts.get(id)
  }

  namespace(id: string): object {
    return namespaceIn(this.namespaces, id, this)
  }

  view(id: string): ModuleView {
    const view = this.views.get(id) ?? new ModuleView(id, this)
    this.views.set(id, view)
    return view
  }

  metaOf(instance: Instance): object {
    const { file, links } = instance.artifact
    const url = urlOfModule(instance.artifact)
    const meta = Object.create(null)
    meta.dirname = file.slice(0, Math.max(1, file.lastIndexOf('/')))
    meta.filename = file
    if ('main' in import.meta) meta.main = false
    // Only where it is asked for, so that the object has the keys that Node's has.
    if (links.hot) meta.hot = this.hot.contextOf(instance)
    const resolve = (specifier: unknown) => this.#resolveFrom(file, `${specifier as string}`)
    meta.resolve = resolve
    meta.url = url
    return meta
  }

  /** `import()`: what is hot is hot here too, the rest is Node's. */
  async importDynamically(instance: Instance, asked: unknown, options?: unknown): Promise<unknown> {
    const { kind, id, type } = this.dynamicRequest(instance, asked, options)
    return kind === 'hot' ? this.importHot(id) : this.externals.load(id, type)
  }

  importHot(id: string): Promise<object> {
    return this.#hooks.importHot(id).catch((error) => {
      throw asImportError(error)
    })
  }

  loadMissing(id: string): Promise<void> {
    return this.#hooks.loadMissing(id)
  }

  /** What the arguments of an `import()` mean. @throws as the call does in Node */
  dynamicRequest({ artifact }: Instance, asked: unknown, options?: unknown): Request {
    // Not String(): a symbol is a TypeError.
    const name = `${asked as string}`
    try {
      const type = typeOfOptions(options)
      const specifier = withType(name, type)
      const { lazy, requests } = artifact.links
      const found =
        lazy.find((each) => each.specifier === specifier) ??
        requests.find((each) => each.specifier === specifier) ??
        this.#resolver.resolve(specifier, artifact.file)
      checkType(found, type)
      return type === undefined ? found : { ...found, type }
    } catch (error) {
      throw asImportError(error)
    }
  }

  requireHot(id: string): Instance | undefined {
    const artifact = this.artifact(id)
    if (artifact?.kind === 'esm') return requireModule(this, id, (each) => this.#add(each))
    if (artifact?.kind !== 'cjs' && artifact?.kind !== 'json') return undefined
    const instance = this.instance(id) ?? this.#add(id)
    if (instance.phase === 'new') instance.link()
    evaluateOne(instance)
    return instance
  }

  #add(id: string): Instance {
    const instance = new Instance(this.artifact(id)!, this)
    this.instances.set(id, instance)
    return instance
  }

  #resolveFrom(file: string, specifier: string): string {
    const isRelative = /^(?:\.{0,2}\/|\.{1,2}$)/.test(specifier)
    if (isRelative || URL.canParse(specifier)) return realUrl(new URL(specifier, pathToFileURL(file)))
    try {
      const { kind, id } = this.#resolver.resolve(specifier, file)
      return kind === 'hot' ? pathToFileURL(id).href : id
    } catch (error) {
      throw asImportError(error)
    }
  }
}
