import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { scriptOf } from '../compile.ts'
import type { Body } from './body.ts'
import type { Instance } from './instance.ts'

interface CommonJsModule {
  exports: unknown
  loaded: boolean
  readonly id: string
  readonly filename: string
  readonly path: string
  readonly children: unknown[]
  readonly paths: string[]
  require?: NodeJS.Require
}

type Wrapper = (
  this: unknown,
  exports: unknown,
  require: NodeJS.Require,
  module: CommonJsModule,
  filename: string,
  dirname: string,
) => void

/** A CommonJS module: `require` leads to the hot instances, where there are hot ones. */
export class CommonJsBody implements Body {
  readonly writesEarly = false
  readonly #instance: Instance
  readonly #wrapper: Wrapper
  readonly module: CommonJsModule

  get outer(): unknown {
    return this.#wrapper
  }

  constructor(instance: Instance, outer?: unknown) {
    const { artifact } = instance
    this.#instance = instance
    this.#wrapper = (outer ?? scriptOf(artifact).runInThisContext()) as Wrapper
    const { file } = artifact
    const path = dirname(file)
    this.module = { exports: {}, loaded: false, id: file, filename: file, path, children: [], paths: [] }
    instance.read = () => {
      throw new ReferenceError(`${file} has not been evaluated yet`)
    }
    instance.commonJs = this.module
  }

  start(): undefined {}

  run(): undefined {
    const { artifact } = this.#instance
    const { module } = this
    const require = this.#makeRequire()
    module.require = require
    this.#wrapper.call(module.exports, module.exports, require, module, module.filename, module.path)
    module.loaded = true
    const { exports } = module
    const holder =
      (typeof exports === 'object' && exports !== null) || typeof exports === 'function' ? exports : {}
    const values = artifact.links.locals.map(({ name }) =>
      name === 'default' ? exports : (Reflect.get(holder, name) as unknown),
    )
    this.#instance.read = (index) => values[index]
  }

  open(): boolean {
    return false
  }

  #makeRequire(): NodeJS.Require {
    const instance = this.#instance
    const native = createRequire(instance.artifact.file)
    const require = (specifier: string): unknown => {
      const request = instance.artifact.links.lazy.find((each) => each.specifier === specifier)
      const hot = request?.kind === 'hot' ? instance.world.requireHot(request.id) : undefined
      return hot ? hot.commonJs.exports : native(specifier)
    }
    return Object.assign(require, native)
  }
}
