import { type Finding, findingOf, TickswapError } from '../../errors.ts'

/** Why a stage was refused. The first error gives code and message; `findings` lists all of them. */
export class StageError extends TickswapError {
  readonly findings: readonly Finding[]
  readonly first: TickswapError

  constructor(errors: readonly TickswapError[]) {
    const [first] = errors
    const { code, message, ...more } = first!.finding
    super(code, message, more, { cause: first!.cause })
    this.first = first!
    this.findings = errors.map((error) => error.finding)
  }
}

/** Everything that an error says: all that staging found, or the one thing that it is. */
export const findingsOf = (error: unknown): readonly Finding[] =>
  error instanceof StageError ? error.findings : [findingOf(error)]
