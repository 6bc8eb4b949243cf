import { ADVICE, type ErrorCode, type Finding, finding, type Place, TickswapError } from '../../errors.ts'
import { ResolveError } from './resolve/resolve-error.ts'
import { StageError } from './stage-error.ts'

/** A syntax or link error as Node throws it, with tickswap's code and the place. */
export interface LoaderSyntaxError extends SyntaxError {
  code: ErrorCode
  finding: Finding
}

export function syntaxError(
  code: ErrorCode,
  message: string,
  place: Place,
  cause?: unknown,
): LoaderSyntaxError {
  const where = place.file ? ` (${place.file}${place.line ? `:${place.line}:${place.column ?? 1}` : ''})` : ''
  const error = new SyntaxError(`${message}${where}. ${ADVICE[code]}`, cause === undefined ? {} : { cause })
  return Object.assign(error, { code, finding: finding(code, message, place) })
}

export const linkError = (message: string, place: Place): LoaderSyntaxError =>
  syntaxError('TICKSWAP_E_LINK', message, place)

/**
 * An error of the stager as the loader's callers get it: syntax and link errors are
 * SyntaxErrors, what cannot be found is an error of the class that Node's has.
 */
export function asLoaderError(error: unknown): unknown {
  if (!(error instanceof TickswapError)) return error
  const first = error instanceof StageError ? error.first : error
  if (first instanceof ResolveError) return first.toNodeError()
  const { code, message, file, line, column } = error.finding
  if (code !== 'TICKSWAP_E_SYNTAX' && code !== 'TICKSWAP_E_LINK') return error
  const place = { ...(file && { file }), ...(line && { line }), ...(column && { column }) }
  return syntaxError(code, message, place, error)
}

/** The same for `import()` in hot code, which may ask for the code that Node gives. */
export function asImportError(error: unknown): unknown {
  const first = error instanceof StageError ? error.first : error
  return first instanceof ResolveError ? first.toNodeError(first.nodeCode) : asLoaderError(error)
}
