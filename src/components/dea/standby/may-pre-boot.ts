import { runtimeToken } from '../prepare-directory.ts';

/** What is known of a start before it comes. */
interface Ahead {
  /** The text of `startup`, as the droplet has it. */
  readonly startup: string;
  readonly env: Readonly<Record<string, string>>;
}

/** What the DEA says anew at each start. Only an app itself reads these. */
const perStart: readonly string[] = ['VCAP_APPLICATION', 'VMC_APP_INSTANCE', 'VMC_APP_VERSION'];

/** Names for files that node or what starts it reads before the app begins, or for how it begins. */
const readEarly =
  /^(LD_|DYLD_|BASH|SHELLOPTS$|ENV$|OPENSSL_|SSL_|NODE_(?!(ENV|OPTIONS|ARGS|PATH|NO_WARNINGS|TLS_REJECT_UNAUTHORIZED)$|CONFIG))/;

/** Options of node that have it read no file before those of `--require`, and that do not have it wait for anybody. */
const plainOption =
  /^--(max-[a-z-]+=\d+|enable-source-maps|expose-gc|no-(warnings|deprecation)|trace-(warnings|deprecation|uncaught)|unhandled-rejections=[a-z-]+)$/;
const loadOption = /^(-r|--require|--import)$/;
const loadOptionWithValue = /^--(require|import)=/;

const word = String.raw`[\w./+@%:,=-]+`;
const assignment = new RegExp(`^[A-Za-z_]\\w*=(${word})?$`);
const beforeTheApp = [/^export ([A-Za-z_]\w*)="[^"`\\]*"$/, /^unset (\w+)$/, /^DROPLET_BASE_DIR=\$PWD$/];
const launch = /^(.+) > (\$DROPLET_BASE_DIR|\.\.)\/logs\/stdout\.log 2> \2\/logs\/stderr\.log &$/;
const setsPath = /\bPATH=|^unset PATH$/m;
/** No globs, for what they give depends on files, and no programs in place of words. */
const plainArguments = /^[\w ./+@%:,='"$-]*$/;

/**
 * Whether an app may be started so far that it waits just before it reads the first of its files: one that `startup` runs
 * with node as a plain command, as our own stager writes it, with nothing in between that looks at files of the app.
 * @returns the word for node: the token for the runtime, or a name to be found by the PATH of `env`
 */
export function mayPreBoot({ startup, env }: Ahead): string | undefined {
  if (perStart.concat('NODE_OPTIONS').some((name) => startup.includes(name))) return undefined;
  if (Object.keys(env).some((name) => readEarly.test(name))) return undefined;
  if (!areHarmless(wordsOf(env['NODE_OPTIONS'] ?? ''))) return undefined;
  const lines = startup.trimEnd().split('\n');
  const [shebang, ...rest] = lines;
  const [change, command = '', ...after] = rest.splice(rest.indexOf('cd app'));
  const [, node = '', base = ''] = launch.exec(command) ?? [];
  const isPlain =
    shebang === '#!/bin/bash' &&
    change === 'cd app' &&
    rest.every(isHarmlessLine) &&
    after.join('\n') === `STARTED=$!\necho "$STARTED" >> ${base}/run.pid\nwait $STARTED`;
  const program = isPlain ? plainNodeIn(node, env['NODE_ARGS'] ?? '') : undefined;
  return program !== runtimeToken && setsPath.test(startup) ? undefined : program;
}

/** Whether nothing but what changes each time is different. */
export function areAlike(before: Ahead['env'], now: Ahead['env']): boolean {
  const names = new Set([...Object.keys(before), ...Object.keys(now)]);
  return [...names].every((name) => before[name] === now[name] || perStart.includes(name));
}

function isHarmlessLine(line: string): boolean {
  if (line.includes('$(')) return false;
  return beforeTheApp.some((pattern) => {
    const [found, name = ''] = pattern.exec(line) ?? [];
    return found !== undefined && !readEarly.test(name);
  });
}

/** The word for node in `[NAME=value …] node [option …] file [argument …]`. */
function plainNodeIn(command: string, nodeArguments: string): string | undefined {
  if (!plainArguments.test(command)) return undefined;
  const words = wordsOf(command).flatMap((each) => (each === '$NODE_ARGS' ? wordsOf(nodeArguments) : [each]));
  while (assignment.test(words[0] ?? '')) if (readEarly.test(words.shift()?.split('=')[0] ?? '')) return undefined;
  const program = words.shift();
  if (program !== 'node' && program !== runtimeToken) return undefined;
  const script = words.findIndex((each, at) => !each.startsWith('-') && !loadOption.test(words[at - 1] ?? ''));
  const file = words[script] ?? '';
  const isOfApp = new RegExp(`^${word}$`).test(file) && !file.startsWith('/') && !file.split('/').includes('..');
  return isOfApp && areHarmless(words.slice(0, script)) ? program : undefined;
}

function areHarmless(options: readonly string[]): boolean {
  return options.every((option, at) => {
    if (plainOption.test(option) || loadOption.test(option)) return true;
    const isValue = loadOption.test(options[at - 1] ?? '') || loadOptionWithValue.test(option);
    return isValue && new RegExp(`^${word}$`).test(option);
  });
}

function wordsOf(text: string): string[] {
  return text.split(/\s+/).filter((each) => each !== '');
}
