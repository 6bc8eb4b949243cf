import { Argument, type Command } from 'commander'

const HELP = `
Examples:
  source <(tickswap completion bash)          in ~/.bashrc
  source <(tickswap completion zsh)           in ~/.zshrc, after compinit
`

export function registerCompletion(program: Command): void {
  program
    .command('completion')
    .description('print a script that completes commands and options in a shell')
    .addArgument(new Argument('<shell>', 'which shell').choices(['bash', 'zsh']))
    .addHelpText('after', HELP)
    .action((shell: 'bash' | 'zsh') => {
      console.log(shell === 'bash' ? bash(program) : zsh(program))
    })
}

interface Entry {
  /** as it is typed: `swap`, `storage stats` */
  readonly path: string
  /** subcommands and options */
  readonly words: readonly string[]
  /** option to the values it may have */
  readonly values: ReadonlyMap<string, readonly string[]>
}

/** Every command with what may follow it, as the program itself declares it. */
function entries(command: Command, path = ''): Entry[] {
  const options = command.options.filter(({ hidden }) => !hidden)
  const values = new Map<string, readonly string[]>()
  for (const { long, argChoices } of options) if (long && argChoices) values.set(long, argChoices)
  const subcommands = command.commands.map((sub) => sub.name())
  const choices = command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? [])
  const words = [...subcommands, ...choices, ...options.flatMap(({ long }) => long ?? []), '--help']
  const below = command.commands.flatMap((sub) => entries(sub, `${path} ${sub.name()}`.trim()))
  return [{ path, words, values }, ...below]
}

/** Where nothing is known to follow, files are completed. */
function bash(program: Command): string {
  const all = entries(program)
  const cases = all.map(({ path, words }) => `    '${path}') words='${words.join(' ')}' ;;`)
  const values = all.flatMap(({ path, values }) =>
    [...values].map(([option, choices]) => `    '${path} ${option}') words='${choices.join(' ')}' ;;`),
  )
  const paths = all.map(({ path }) => path).filter(Boolean)
  return `_tickswap() {
  local word path='' words='' i
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}"
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${path:+$path }\${COMP_WORDS[i]}"
    case "|${paths.join('|')}|" in *"|$word|"*) path="$word" ;; esac
  done
  case "$path $previous" in
${values.join('\n')}
    *) case "$path" in
${cases.join('\n')}
    esac ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  [ \${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- "$current"))
}
complete -o filenames -F _tickswap tickswap`
}

/** zsh runs completions that were written for bash. */
const zsh = (program: Command): string => `autoload -U +X bashcompinit && bashcompinit\n${bash(program)}`
