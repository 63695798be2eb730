/**
 * The texts of `startup` and `stop`, line by line as the staging plugins of 2012 put them together. Blank lines do not
 * occur, and variables are sorted as text, so that the same app always gives the same bytes.
 */

/**
 * Which version of the plugins to follow: `93f6a1f` (2013-01), the last with framework plugins, or `8f2fa00` (2012-11),
 * which wrote the scripts shown in the article "DIY PaaS". They differ in how a script names the droplet's directory.
 */
export type ScriptVersion = '93f6a1f' | '8f2fa00';

export interface StartupScript {
  /** In double quotes, so they expand when the script runs. `undefined` unsets. */
  readonly variables?: Readonly<Record<string, string | undefined>>;
  /** Lines that run in the droplet's directory. */
  readonly prepare?: readonly string[];
  /** Where the app is started; `app` when absent. */
  readonly directory?: string;
  /** Lines that run there. */
  readonly before?: readonly string[];
  /** What is run there first, each with what the lines above set; one that fails ends the instance. Tasks go without. */
  readonly hooks?: readonly StartHook[];
  /** What runs the command of a hook, which is put behind it; a shell when absent. */
  readonly hookRunner?: readonly [before: string, after: string];
  /** The app itself. Its output goes to logs/. */
  readonly command: string;
}

/** A command that runs in an instance before the app. */
export interface StartHook {
  readonly name: string;
  readonly command: string;
}

const shebang = '#!/bin/bash';
const own = { TMPDIR: '$PWD/tmp' };

export function startupText(script: StartupScript, version: ScriptVersion = '93f6a1f'): string {
  const [remember, base] = version === '8f2fa00' ? [[], '..'] : [['DROPLET_BASE_DIR=$PWD'], '$DROPLET_BASE_DIR'];
  // The app's lines stand behind those of its hooks.
  const to = (script.hooks ?? []).length === 0 ? '>' : '>>';
  return textOf([
    shebang,
    ...variableLines({ ...script.variables, ...own }),
    ...(script.prepare ?? []),
    ...remember,
    `cd ${script.directory ?? 'app'}`,
    ...(script.before ?? []),
    ...hookLines(script, base),
    `${script.command} ${to} ${base}/logs/stdout.log 2${to} ${base}/logs/stderr.log &`,
    'STARTED=$!',
    `echo "$STARTED" >> ${base}/run.pid`,
    'wait $STARTED',
  ]);
}

function hookLines(
  { hooks = [], hookRunner: [before, after] = ['bash -c', ''] }: StartupScript,
  base: string,
): string[] {
  if (hooks.length === 0) return [];
  return [
    'run_hook() {',
    // A DEA that runs a task with the droplet names it there.
    `  case "$VCAP_APPLICATION" in *'"task_name":'*) return ;; esac`,
    `  ${before} "$2" ${after}>> ${base}/logs/stdout.log 2>> ${base}/logs/stderr.log && return`,
    '  STATUS=$?',
    `  echo "The hook $1 failed with status $STATUS: $2" >> ${base}/logs/stderr.log`,
    '  exit $STATUS',
    '}',
    ...hooks.map(({ name, command }) => `run_hook ${name} ${wordOf(command)}`),
  ];
}

/** Ends the app, whose pid is the first argument, and the startup script that waits for it. */
export const killAppAndItsParent: readonly string[] = [
  'APP_PID=$1',
  'APP_PPID=`ps -o ppid= -p $APP_PID`',
  'kill -9 $APP_PID',
  'kill -9 $APP_PPID',
];

/** Ends the app and the processes that it started. */
export const killAppAndItsChildren: readonly string[] = [
  `CHILDPIDS=$(pgrep -P \${1} -d ' ')`,
  `kill -9 \${1}`,
  `for CPID in \${CHILDPIDS};do`,
  `  kill -9 \${CPID}`,
  'done',
];

export function stopText(lines: readonly string[] = killAppAndItsParent): string {
  return textOf([shebang, ...variableLines(own), ...lines]);
}

/**
 * A runtime's variables for a script, with the meaning a DEA gives them: texts in which only `$PATH` stands for something,
 * and what the user has set stays.
 */
export function variablesOfRuntime(environment: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).map(([name, value]) => {
      const isPath = name === 'PATH'; // which is always set, by nobody in particular
      const literal = (text: string) => text.replaceAll(isPath ? /[\\`"$]/g : /[\\`"$}]/g, '\\$&');
      const text = value
        .split(/\$PATH\b|\$\{PATH\}/)
        .map(literal)
        .join(`\${PATH}`);
      return [name, isPath ? text : `\${${name}:-${text}}`];
    }),
  );
}

/** A word of a command: quoted only where the shell would take it for something else. */
export function wordOf(text: string): string {
  return /^[\w./+@%:,=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** A command of a user as one: what it prints goes to the logs as a whole, whatever shell operators are in it. */
export function groupOf(command: string): string {
  if (/[#\n]/.test(command)) return `(${command}\n)`;
  return /[;&|]/.test(command) ? `(${command})` : command;
}

function variableLines(variables: Readonly<Record<string, string | undefined>>): string[] {
  const lines = Object.entries(variables).map(([name, value]) =>
    value === undefined ? `unset ${name}` : `export ${name}="${value}"`,
  );
  return lines.sort();
}

function textOf(lines: readonly string[]): string {
  return `${lines.filter((line) => line.trim() !== '').join('\n')}\n`;
}
