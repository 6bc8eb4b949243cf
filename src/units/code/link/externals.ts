import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { types } from 'node:util'
import { TickswapError } from '../../../errors.ts'
import { commonJsNames } from '../content/commonjs-names.ts'
import { builtinExport, builtinNamespace } from './builtins.ts'
import type { Source } from './wiring.ts'

export type Namespace = Readonly<Record<string, unknown>>

const require = createRequire(import.meta.url)

/** Modules that Node loads, once per thread: npm packages and `node:` modules. */
export class Externals {
  readonly #loaded = new Map<string, Namespace>()

  get(id: string): Namespace {
    return this.#loaded.get(id) ?? this.loadSync(id)
  }

  has(id: string): boolean {
    return this.#loaded.has(id)
  }

  /** What an import of `name` is connected to; `*` is the namespace. */
  source(id: string, name: string): Source {
    const namespace = this.get(id)
    if (name === '*') return { value: namespace }
    const builtin = id.startsWith('node:') ? builtinExport(id, name, namespace) : undefined
    return builtin ?? { value: namespace[name] }
  }

  names(id: string): ReadonlySet<string> {
    return new Set(Object.keys(this.get(id)))
  }

  /** @param type the type that the import asks for; JSON that asks for none is taken all the same */
  async load(id: string, type = isJson(id) ? 'json' : undefined): Promise<Namespace> {
    const known = this.#loaded.get(id)
    if (known) return known
    const namespace: Namespace = await (type === undefined ? import(id) : import(id, { with: { type } }))
    this.#loaded.set(id, namespace)
    return namespace
  }

  /** Loads in a loop that never yields: by `require`, which takes ES modules without top-level await. */
  loadSync(id: string): Namespace {
    const namespace = id.startsWith('node:') ? builtinNamespace(id) : fileNamespace(id)
    this.#loaded.set(id, namespace)
    return namespace
  }
}

const isJson = (id: string): boolean => /^file:.*\.json$/.test(id)

function fileNamespace(id: string): Namespace {
  if (!id.startsWith('file:')) {
    throw new TickswapError('TICKSWAP_E_RESOLVE', `'${id}' can only be loaded in a loop that yields`)
  }
  const file = fileURLToPath(id)
  const module: unknown = require(file)
  if (types.isModuleNamespaceObject(module)) return module as Namespace
  return commonJsNamespace(module, /\.(?:json|node)$/.test(file) ? [] : commonJsNames(file))
}

/** What `import()` makes of a CommonJS module: its value as default, and the names the lexer finds. */
function commonJsNamespace(module: unknown, names: readonly string[]): Namespace {
  const namespace: Record<string, unknown> = Object.create(null)
  if ((typeof module === 'object' && module !== null) || typeof module === 'function') {
    for (const name of names) namespace[name] = Reflect.get(module, name)
  }
  namespace.default = module
  Object.defineProperty(namespace, Symbol.toStringTag, { value: 'Module' })
  return Object.freeze(namespace)
}
