/** Import attributes: `with { type: 'json' }`. */
import { extname } from 'node:path'
import type { Request } from '../artifact.ts'
import { ResolveError } from './resolve-error.ts'

/** What a type asks for, of a hot file: a query on its name, or an extension that it has to have. */
const TYPES: Readonly<Record<string, { readonly query?: string; readonly extension?: string }>> = {
  json: { extension: '.json' },
  text: { query: '?raw' },
  bytes: { query: '?bytes' },
}

/** The specifier with what its type asks for. @throws ResolveError for an attribute that nobody knows */
export function withType(specifier: string, type: string | undefined, unknownKey?: string): string {
  if (unknownKey !== undefined) {
    throw new ResolveError(
      'ERR_IMPORT_ATTRIBUTE_UNSUPPORTED',
      `the import attribute '${unknownKey}' is unknown`,
    )
  }
  if (type === undefined) return specifier
  if (!Object.hasOwn(TYPES, type)) {
    throw new ResolveError(
      'ERR_IMPORT_ATTRIBUTE_UNSUPPORTED',
      `the import attribute type '${type}' is unknown`,
    )
  }
  return specifier + (TYPES[type]!.query ?? '')
}

/** @throws ResolveError when what was found is not of the type that was asked for */
export function checkType(request: Request, type: string | undefined): void {
  const extension = type === undefined ? undefined : TYPES[type]?.extension
  const path = request.id.replace(/[?#].*$/, '')
  if (!extension || request.kind === 'external' || extname(path) === extension) return
  const message = `'${request.specifier}' is not of the type '${type}'`
  throw new ResolveError('ERR_IMPORT_ATTRIBUTE_TYPE_INCOMPATIBLE', message)
}

/** The `type` of the second argument of `import()`. @throws TypeError as the language has it, ResolveError */
export function typeOfOptions(options: unknown): string | undefined {
  if (options === undefined) return undefined
  if (!isObject(options)) throw new TypeError('The second argument of import() must be an object')
  const attributes = Reflect.get(options, 'with') as unknown
  if (attributes === undefined) return undefined
  if (!isObject(attributes)) throw new TypeError("The 'with' option must be an object")
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value !== 'string') throw new TypeError(`Import attribute value of '${key}' must be a string`)
    if (key !== 'type') withType('', undefined, key)
  }
  return Object.entries(attributes).find(([key]) => key === 'type')?.[1]
}

const isObject = (value: unknown): value is object =>
  (typeof value === 'object' && value !== null) || typeof value === 'function'
