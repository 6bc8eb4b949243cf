import { ADVICE, type ErrorCode, type Finding, finding, type Place } from '../../errors.ts'

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
