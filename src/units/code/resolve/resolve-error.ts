import { type ErrorCode, type Finding, TickswapError } from '../../../errors.ts'

/** What Node calls a failure to find or to load a module. */
export type NodeCode =
  | 'ERR_MODULE_NOT_FOUND'
  | 'ERR_UNSUPPORTED_DIR_IMPORT'
  | 'ERR_UNKNOWN_BUILTIN_MODULE'
  | 'ERR_PACKAGE_PATH_NOT_EXPORTED'
  | 'ERR_PACKAGE_IMPORT_NOT_DEFINED'
  | 'ERR_INVALID_PACKAGE_TARGET'
  | 'ERR_INVALID_PACKAGE_CONFIG'
  | 'ERR_INVALID_MODULE_SPECIFIER'
  | 'ERR_UNKNOWN_FILE_EXTENSION'
  | 'ERR_IMPORT_ATTRIBUTE_UNSUPPORTED'
  | 'ERR_IMPORT_ATTRIBUTE_TYPE_INCOMPATIBLE'

/** Those that Node throws as a TypeError. */
const TYPE_ERRORS: ReadonlySet<NodeCode> = new Set<NodeCode>([
  'ERR_PACKAGE_IMPORT_NOT_DEFINED',
  'ERR_INVALID_MODULE_SPECIFIER',
  'ERR_UNKNOWN_FILE_EXTENSION',
  'ERR_IMPORT_ATTRIBUTE_UNSUPPORTED',
  'ERR_IMPORT_ATTRIBUTE_TYPE_INCOMPATIBLE',
])

/** An import that leads nowhere, or to something that cannot be loaded as it was asked for. */
export class ResolveError extends TickswapError {
  readonly nodeCode: NodeCode

  constructor(
    nodeCode: NodeCode,
    message: string,
    more: Partial<Finding> = {},
    code: ErrorCode = 'TICKSWAP_E_RESOLVE',
  ) {
    super(code, message, more)
    this.nodeCode = nodeCode
  }

  /** The same error at a place. */
  at(place: Partial<Finding>): ResolveError {
    return new ResolveError(this.nodeCode, this.finding.message, place, this.code)
  }

  /** The error as hot code and the loader's callers get it: of the class that Node's has. */
  toNodeError(code: string = this.code): Error & { code: string; finding: Finding } {
    const Type = TYPE_ERRORS.has(this.nodeCode) ? TypeError : Error
    const { finding, nodeCode } = this
    return Object.assign(new Type(this.message, { cause: this }), { code, nodeCode, finding })
  }
}
