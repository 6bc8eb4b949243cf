import { realpathSync } from 'node:fs'
import { createRequire, isBuiltin } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Request } from '../artifact.ts'
import { isFile, isFolder, type PackageJson, PackageJsons } from './package-json.ts'
import { lookUpExports, lookUpMap } from './package-map.ts'
import { type NodeCode, ResolveError } from './resolve-error.ts'
import { TsconfigPaths } from './tsconfig-paths.ts'

/** Our own files, two folders up: hot modules everywhere share the instance that runs them. */
const OWN: Readonly<Record<string, string>> = {
  tickswap: new URL('../../../index.js', import.meta.url).href,
  'tickswap/module': new URL('../../../module.js', import.meta.url).href,
}

const CONDITIONS: ReadonlySet<string> = new Set(['node', 'import', 'module-sync', 'node-addons'])

/** A TypeScript file behind the JavaScript name that TypeScript's own rules ask for. */
const TYPESCRIPT: Readonly<Record<string, readonly string[]>> = {
  '.js': ['.ts', '.tsx'],
  '.jsx': ['.tsx'],
  '.mjs': ['.mts'],
  '.cjs': ['.cts'],
}

/** a burst of edits reads the project's settings once */
const FRESH_MS = 250

const QUERY = /\?(?:raw|bytes)$/

/** Finds what a specifier means to the file that has it, as Node's ESM loader does, and what is hot. */
export class Resolver {
  readonly packages = new PackageJsons()
  readonly #paths = new TsconfigPaths()
  #readAt = Number.NEGATIVE_INFINITY
  readonly #wasThere: (file: string) => boolean
  readonly #isGiven: (file: string) => boolean

  /**
   * @param wasThere whether the graph has had a file
   * @param isGiven whether there are contents to take for it: it need not be on disk any more
   */
  constructor(wasThere: (file: string) => boolean, isGiven: (file: string) => boolean = () => false) {
    this.#wasThere = wasThere
    this.#isGiven = isGiven
  }

  /**
   * @param from absolute path of the importing file
   * @throws ResolveError TICKSWAP_E_RESOLVE, TICKSWAP_E_FILE_MISSING when the graph had the file
   */
  resolve(specifier: string, from: string): Request {
    if (Object.hasOwn(OWN, specifier)) return external(specifier, OWN[specifier]!)
    if (isBuiltin(specifier)) {
      return external(specifier, specifier.startsWith('node:') ? specifier : `node:${specifier}`)
    }
    if (/^\.{0,2}\//.test(specifier) || /^\.{1,2}$/.test(specifier)) {
      if (/%2f|%5c/i.test(specifier)) throw invalid(specifier, from)
      const [path, suffix] = splitSuffix(specifier)
      return this.#file(specifier, resolve(dirname(from), decode(path)), suffix, from)
    }
    if (specifier.startsWith('file:')) {
      return this.#file(specifier, fileURLToPath(specifier), splitSuffix(specifier)[1], from)
    }
    if (specifier.startsWith('node:')) {
      throw new ResolveError('ERR_UNKNOWN_BUILTIN_MODULE', `there is no module '${specifier}'`, {
        file: from,
      })
    }
    if (/^[a-z][a-z\d+.-]*:/i.test(specifier)) return external(specifier, specifier)
    if (specifier.startsWith('#')) return this.#imports(specifier, from)
    return this.#paths.match(specifier, from, existing) ?? this.#package(specifier, from)
  }

  /** A file by its path, which is taken as it is; it may end in `?raw` or `?bytes`. */
  resolvePath(path: string, from: string): Request {
    const suffix = QUERY.exec(path)?.[0] ?? ''
    return this.#file(path, path.slice(0, path.length - suffix.length), suffix, from)
  }

  /** What `require` finds. @throws what Node throws */
  resolveRequire(specifier: string, from: string): Request {
    if (isBuiltin(specifier)) return external(specifier, specifier)
    return this.#target(specifier, createRequire(from).resolve(specifier))
  }

  /**
   * Reads package.json and tsconfig.json files anew, if what is known of them is not of just now.
   * @returns whether it was old
   */
  refresh(): boolean {
    const now = performance.now()
    if (now - this.#readAt < FRESH_MS) return false
    this.#readAt = now
    this.packages.forget()
    this.#paths.forget()
    return true
  }

  /** @param suffix query and fragment: as in Node, each of them makes a module of its own */
  #file(specifier: string, path: string, suffix: string, from: string): Request {
    if (this.#isGiven(path) && !isFile(path)) return { specifier, kind: 'hot', id: path + suffix }
    const found = existing(path)
    if (found === undefined) throw this.#missing(specifier, path, from)
    return this.#target(specifier, found, suffix)
  }

  /** A file outside of node_modules is hot; one inside is loaded by Node. */
  #target(specifier: string, path: string, suffix = ''): Request {
    const real = realpathSync(path)
    if (isExternalFile(real)) return external(specifier, pathToFileURL(real).href + suffix)
    return { specifier, kind: 'hot', id: real + suffix }
  }

  #missing(specifier: string, path: string, file: string): ResolveError {
    if (isFolder(path)) {
      const message = `'${specifier}' means ${path}, which is a folder`
      return new ResolveError('ERR_UNSUPPORTED_DIR_IMPORT', message, { file })
    }
    const code = this.#wasThere(path) ? 'TICKSWAP_E_FILE_MISSING' : 'TICKSWAP_E_RESOLVE'
    const message = `'${specifier}' means ${path}, which does not exist`
    return new ResolveError('ERR_MODULE_NOT_FOUND', message, { file }, code)
  }

  #imports(specifier: string, from: string): Request {
    const scope = this.packages.scopeOf(from)
    const map = scope?.imports
    const target =
      typeof map === 'object' && map !== null
        ? lookUpMap(map as Record<string, never>, specifier, CONDITIONS)
        : null
    if (!target || !scope) {
      const why = 'package.json has no such entry in "imports"'
      throw unresolved(specifier, from, why, 'ERR_PACKAGE_IMPORT_NOT_DEFINED')
    }
    if (!target.startsWith('./')) return this.resolve(target, from)
    return this.#file(specifier, join(scope.folder, target), '', from)
  }

  #package(specifier: string, from: string): Request {
    const [, name, rest] = /^((?:@[^/]+\/)?[^/]+)(.*)$/.exec(specifier) ?? []
    if (specifier === '') throw unresolved(specifier, from, 'it is empty')
    if (!name || name.startsWith('.') || /[%\\]/.test(name)) throw invalid(specifier, from)
    const subpath = `.${rest}`
    const self = this.packages.scopeOf(from)
    if (self?.name === name && self.exports !== undefined) {
      return this.#target(specifier, this.#exported(self, subpath, specifier, from))
    }
    for (let folder = dirname(from); ; folder = dirname(folder)) {
      const candidate = join(folder, 'node_modules', name)
      if (isFolder(candidate)) {
        const path = realpathSync(this.#entry(candidate, subpath, specifier, from))
        return external(specifier, pathToFileURL(path).href)
      }
      if (folder === dirname(folder)) break
    }
    throw unresolved(specifier, from, `no folder above has node_modules/${name}`)
  }

  #entry(folder: string, subpath: string, specifier: string, from: string): string {
    const pkg = this.packages.read(folder)
    if (pkg?.exports !== undefined && pkg.exports !== null)
      return this.#exported(pkg, subpath, specifier, from)
    if (subpath !== '.') {
      const path = join(folder, subpath)
      if (isFile(path)) return path
      throw unresolved(specifier, from, `${path} does not exist`)
    }
    const main = pkg?.main ?? 'index.js'
    for (const tail of [main, `${main}.js`, `${main}.json`, `${main}.node`, `${main}/index.js`, 'index.js']) {
      const path = join(folder, tail)
      if (isFile(path)) return path
    }
    throw unresolved(specifier, from, `${folder} has no main file`)
  }

  #exported(pkg: PackageJson, subpath: string, specifier: string, from: string): string {
    const target = lookUpExports(pkg.exports, subpath, CONDITIONS)
    if (!target) {
      const why = `package.json of ${pkg.folder} does not export "${subpath}"`
      throw unresolved(specifier, from, why, 'ERR_PACKAGE_PATH_NOT_EXPORTED')
    }
    const path = join(pkg.folder, target)
    if (!isFile(path)) throw unresolved(specifier, from, `${path} does not exist`)
    return path
  }
}

const external = (specifier: string, id: string): Request => ({ specifier, kind: 'external', id })

/** Files that Node loads by itself, once: packages, and native addons. */
const isExternalFile = (path: string): boolean =>
  /[\\/]node_modules[\\/]/.test(path) || path.endsWith('.node')

function existing(path: string): string | undefined {
  if (isFile(path)) return path
  const [extension] = /\.[^./]*$/.exec(path) ?? ['']
  for (const other of TYPESCRIPT[extension!] ?? []) {
    const candidate = path.slice(0, path.length - extension!.length) + other
    if (isFile(candidate)) return candidate
  }
  return undefined
}

/** A specifier, and its query and fragment. */
function splitSuffix(specifier: string): [path: string, suffix: string] {
  const at = specifier.search(/[?#]/)
  return at < 0 ? [specifier, ''] : [specifier.slice(0, at), specifier.slice(at)]
}

function decode(specifier: string): string {
  try {
    return decodeURIComponent(specifier)
  } catch {
    return specifier
  }
}

function unresolved(
  specifier: string,
  from: string,
  why: string,
  nodeCode: NodeCode = 'ERR_MODULE_NOT_FOUND',
): ResolveError {
  return new ResolveError(nodeCode, `cannot resolve '${specifier}': ${why}`, { file: from })
}

const invalid = (specifier: string, from: string): ResolveError =>
  unresolved(specifier, from, 'it is not a valid specifier', 'ERR_INVALID_MODULE_SPECIFIER')
