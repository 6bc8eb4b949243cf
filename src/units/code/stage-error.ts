import { type Finding, TickswapError } from '../../errors.ts'

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
