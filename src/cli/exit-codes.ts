/** The exit codes of every command. Scripts rely on them: a number never gets another meaning. */
export const EXIT = {
  /** everything went as asked */
  ok: 0,
  /** the command ran, and what it was asked to do failed, or would be refused; an engine's uncaught error */
  failed: 1,
  /** the command line is wrong: unknown command or option, missing or unusable argument */
  usage: 2,
  /** this installation cannot do it: no addon for the platform, or an unknown TICKSWAP_FORCE_IMPL */
  unavailable: 3,
  /** `run`: the engine was ended by a signal, whose number is added (SIGINT 130, SIGTERM 143) */
  signal: 128,
} as const

/** For `--help`. */
export const EXIT_HELP = `
Exit codes:
  0      everything went as asked
  1      what was asked for failed; check: saving would be refused;
         storage verify, audit verify: something is wrong
  2      the command line is wrong
  3      this installation cannot do it (no addon for the platform)
  128+N  run: the engine was ended by signal N
  run passes on the engine's own exit code.`
