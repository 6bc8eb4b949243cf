import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import type { Script } from 'node:vm'
import { scriptOf } from '../compile.ts'
import type { Body } from './body.ts'
import type { Instance } from './instance.ts'
import { requiredOf } from './require.ts'

interface CommonJsModule {
  exports: unknown
  loaded: boolean
  readonly id: string
  readonly filename: string
  readonly path: string
  readonly children: unknown[]
  readonly paths: string[]
  require?: NodeJS.Require
  /** who required it first; undefined when it was imported */
  parent: CommonJsModule | undefined
}

/** The module that is requiring another one at this moment. */
let requiring: CommonJsModule | undefined

type Wrapper = (
  this: unknown,
  exports: unknown,
  require: NodeJS.Require,
  module: CommonJsModule,
  filename: string,
  dirname: string,
  importCall?: (specifier: unknown, options?: unknown) => Promise<unknown>,
) => void

/** As Node reads it: what a getter throws is nobody's. */
function readNow(exports: object, name: string): unknown {
  try {
    return Reflect.get(exports, name)
  } catch {
    return undefined
  }
}

/** Not the folders for everybody, such as that of the user. */
const isAbove = (nodeModules: string, folder: string): boolean =>
  `${folder}/`.startsWith(nodeModules.slice(0, -'node_modules'.length))

/** A CommonJS module: `require` leads to the hot instances, where there are hot ones. */
export class CommonJsBody implements Body {
  readonly writesEarly = false
  readonly #instance: Instance
  readonly #wrapper: Wrapper
  readonly script?: Script
  readonly module: CommonJsModule

  get outer(): unknown {
    return this.#wrapper
  }

  constructor(instance: Instance, outer?: unknown, script?: Script) {
    const { artifact } = instance
    this.#instance = instance
    if (outer === undefined) this.script = script ?? scriptOf(artifact)
    this.#wrapper = (outer ?? this.script!.runInThisContext()) as Wrapper
    const { file } = artifact
    const path = dirname(file)
    const paths = (createRequire(file).resolve.paths('x') ?? []).filter((each) => isAbove(each, path))
    this.module = {
      exports: {},
      loaded: false,
      id: file,
      filename: file,
      path,
      children: [],
      paths,
      parent: undefined,
    }
    instance.read = () => {
      throw new ReferenceError(`${file} has not been evaluated yet`)
    }
    instance.commonJs = this.module
  }

  start(): undefined {}

  run(): undefined {
    const { artifact } = this.#instance
    const { module } = this
    module.parent = requiring
    requiring = undefined
    const require = this.#makeRequire()
    module.require = require
    const importCall = (specifier: unknown, options?: unknown) =>
      this.#instance.world.importDynamically(this.#instance, specifier, options)
    const { exports, filename, path } = module
    if (this.#wrapper.length > 5) {
      this.#wrapper.call(exports, exports, require, module, filename, path, importCall)
    } else this.#wrapper.call(exports, exports, require, module, filename, path)
    module.loaded = true
    const value = module.exports
    const holder = (typeof value === 'object' && value !== null) || typeof value === 'function' ? value : {}
    const values = artifact.links.locals.map(({ name }) =>
      name === 'default' || name === 'module.exports' ? value : readNow(holder, name),
    )
    this.#instance.read = (index) => values[index]
  }

  open(): boolean {
    return false
  }

  #requireHot(id: string): Instance | undefined {
    requiring = this.module
    try {
      return this.#instance.world.requireHot(id)
    } finally {
      requiring = undefined
    }
  }

  #makeRequire(): NodeJS.Require {
    const instance = this.#instance
    const native = createRequire(instance.artifact.file)
    const require = (specifier: string): unknown => {
      const request = instance.artifact.links.lazy.find((each) => each.specifier === specifier)
      const hot = request?.kind === 'hot' ? this.#requireHot(request.id) : undefined
      if (hot?.artifact.kind === 'esm') return requiredOf(instance.world.namespace(hot.id))
      if (hot && !this.module.children.includes(hot.commonJs)) this.module.children.push(hot.commonJs)
      return hot ? hot.commonJs.exports : native(specifier)
    }
    return Object.assign(require, native)
  }
}
