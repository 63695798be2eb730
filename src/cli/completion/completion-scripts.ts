import type { Command, Completes } from '../command.ts';

/** A word that can follow a command, as completion needs it. */
interface Words {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly {
    readonly names: readonly string[];
    readonly takesValue: boolean;
    readonly description: string;
  }[];
  /** What the arguments complete to, in their order. */
  readonly values: readonly (Completes | undefined)[];
}

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

/** The completion script of a shell. The names of apps are asked for when somebody presses the key. */
export function completionScript(shell: Shell, commands: readonly Command[]): string {
  const words = commands.map(wordsOf);
  return { bash, zsh, fish }[shell](words);
}

function wordsOf({ name, summary, takes }: Command): Words {
  const parameters = Object.values(takes);
  const options = parameters.filter(({ syntax }) => syntax.startsWith('-'));
  return {
    name,
    summary,
    options: [...options.map(({ syntax, description }) => ({ ...optionOf(syntax), description })), help],
    values: parameters.filter(({ syntax }) => !syntax.startsWith('-')).map(({ completes }) => completes),
  };
}

const help = { names: ['-h', '--help'], takesValue: false, description: 'print this help' };

function optionOf(syntax: string) {
  return { names: syntax.match(/--?[a-zA-Z][a-z-]*/g) ?? [], takesValue: syntax.includes('<') };
}

/** The shell expression or function that lists what a value may be; empty for anything. */
function kindOf(completes: Completes | undefined): string {
  if (completes === undefined) return 'none';
  return typeof completes === 'string' ? completes : completes.join(' ');
}

function bash(words: readonly Words[]): string {
  const cases = words.map(({ name, options, values }) => {
    const names = options.flatMap((option) => option.names).join(' ');
    return `    ${name}) options='${names}'; values=(${values.map((value) => `'${kindOf(value)}'`).join(' ')}) ;;`;
  });
  const takingValues = [
    ...new Set(words.flatMap(({ options }) => options.filter((each) => each.takesValue)).flatMap((each) => each.names)),
  ];
  return `# Completion of localpaas for bash: source <(localpaas completion bash)
_localpaas() {
  local word="\${COMP_WORDS[COMP_CWORD]}" command="\${COMP_WORDS[1]}" options='' position=-1 index values=()
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W '${words.map(({ name }) => name).join(' ')} help' -- "$word"))
    return
  fi
  case "$command" in
${cases.join('\n')}
    help) values=('${words.map(({ name }) => name).join(' ')}') ;;
    *) return ;;
  esac
  case "$word" in
    -*) COMPREPLY=($(compgen -W "$options" -- "$word")); return ;;
  esac
  for ((index = 2; index <= COMP_CWORD; index++)); do
    case "\${COMP_WORDS[index - 1]}" in
      ${takingValues.join('|')}) [ "$index" -eq "$COMP_CWORD" ] && { COMPREPLY=($(compgen -f -- "$word")); return; }; continue ;;
    esac
    case "\${COMP_WORDS[index]}" in
      -?*) ;;
      *) position=$((position + 1)) ;;
    esac
  done
  case "\${values[position]}" in
    apps|buildpacks) COMPREPLY=($(compgen -W "$(localpaas "\${values[position]}" --names 2>/dev/null)" -- "$word")) ;;
    files) COMPREPLY=($(compgen -f -- "$word")) ;;
    folders) COMPREPLY=($(compgen -d -- "$word")) ;;
    none|'') ;;
    *) COMPREPLY=($(compgen -W "\${values[position]}" -- "$word")) ;;
  esac
}
complete -o filenames -F _localpaas localpaas
`;
}

function zsh(words: readonly Words[]): string {
  const actions: Readonly<Record<string, string>> = {
    apps: ' _localpaas_names apps',
    buildpacks: ' _localpaas_names buildpacks',
    files: '_files',
    folders: '_files -/',
    none: ' ',
  };
  const cases = words.map(({ name, options, values }) => {
    const specs = [
      ...options.flatMap(({ names, takesValue, description }) =>
        names.map((each) => quoted(`${each}[${zshText(description)}]${takesValue ? ':value:_files' : ''}`)),
      ),
      ...values.map((value, index) => {
        const kind = kindOf(value);
        return quoted(`${index + 1}:${kind === 'none' ? 'value' : 'name'}:${actions[kind] ?? `(${kind})`}`);
      }),
    ];
    return `    ${name}) _arguments ${specs.join(' ')} ;;`;
  });
  const described = words.map(({ name, summary }) => quoted(`${name}:${summary.replaceAll(':', '\\:')}`)).join(' ');
  return `#compdef localpaas
# Completion of localpaas for zsh: source <(localpaas completion zsh)
_localpaas_names() {
  local -a names
  names=(\${(f)"$(localpaas $1 --names 2>/dev/null)"})
  compadd -a names
}
_localpaas() {
  local -a commands
  commands=(${described} 'help:print the help of a command')
  if ((CURRENT == 2)); then
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  ((CURRENT--))
  case $command in
${cases.join('\n')}
    help) _describe command commands ;;
  esac
}
# In a directory of $fpath, zsh takes this file for the function's first call.
if [ "$funcstack[1]" = _localpaas ]; then _localpaas; else compdef _localpaas localpaas; fi
`;
}

/** Inside an option's spec a bracket or a colon would end the description. */
function zshText(text: string): string {
  return text.replace(/[[\]:\\]/g, '\\$&');
}

function fish(words: readonly Words[]): string {
  const actions: Readonly<Record<string, string>> = {
    apps: "-f -a '(localpaas apps --names 2>/dev/null)'",
    buildpacks: "-f -a '(localpaas buildpacks --names 2>/dev/null)'",
    files: '-F',
    folders: "-f -a '(__fish_complete_directories)'",
    none: '-f',
  };
  const lines = words.flatMap(({ name, summary, options, values }) => {
    const seen = `-n '__fish_seen_subcommand_from ${name}'`;
    return [
      `complete -c localpaas -f -n __fish_use_subcommand -a ${name} -d ${fishQuoted(summary)}`,
      ...[...new Set(values.map(kindOf))].map(
        (kind) => `complete -c localpaas ${seen} ${actions[kind] ?? `-f -a ${fishQuoted(kind)}`}`,
      ),
      ...options.map(({ names, takesValue, description }) => {
        const flags = names.map((each) => (each.startsWith('--') ? `-l ${each.slice(2)}` : `-s ${each.slice(1)}`));
        return `complete -c localpaas ${seen} ${flags.join(' ')}${takesValue ? ' -r' : ''} -d ${fishQuoted(description)}`;
      }),
    ];
  });
  const names = words.map(({ name }) => name).join(' ');
  const overview = `complete -c localpaas -f -n __fish_use_subcommand -a help -d 'print the help of a command'
complete -c localpaas -f -n '__fish_seen_subcommand_from help' -a '${names}'`;
  return `# Completion of localpaas for fish: localpaas completion fish | source\n${overview}\n${lines.join('\n')}\n`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function fishQuoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
