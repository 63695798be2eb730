import { isAbsolute, join } from 'node:path';
import * as v from 'valibot';
import { ActionableError } from '#ground/errors.ts';
import { sleep } from '#ground/wait.ts';
import { readAppFile } from './read-app-file.ts';

const DropletFacts = v.looseObject({ state_file: v.optional(v.nullable(v.string())) });
const longestFile = 64 * 1024;
const lookEveryMs = 100;

/**
 * The file in which an app server says that it is ready, as `droplet.yaml` names it: those of the Tomcat family have one.
 * `undefined` for most droplets. @throws ActionableError BAD_INPUT
 */
export async function stateFileOf(directory: string): Promise<string | undefined> {
  const text = readAppFile(join(directory, 'droplet.yaml'), longestFile);
  if (text === undefined) return undefined;
  const { parseYaml } = await import('#ground/yaml.ts');
  const facts = v.safeParse(v.nullish(DropletFacts), parseYaml(text));
  const name = facts.success ? facts.output?.state_file : '';
  if (name === undefined || name === null) return undefined;
  if (name === '' || isAbsolute(name) || name.split('/').includes('..')) {
    throw new ActionableError(
      'BAD_INPUT',
      'The droplet cannot be used: its `droplet.yaml` names no state file within it.',
      'Stage the app again.',
    );
  }
  return join(directory, name);
}

export interface StateWatch {
  readonly path: string;
  /** Whether the app answers, for servers whose part that writes the file is missing. */
  readonly answers: () => Promise<boolean>;
  /** How long an app that answers may go without the file. */
  readonly graceMs: number;
  readonly limitMs: number;
  readonly signal: AbortSignal;
}

/**
 * Waits until a state file says `RUNNING`. @returns how the app was found to be ready, or `undefined` when it was not in time
 * @throws the signal's reason
 */
export async function becomesRunning(watch: StateWatch): Promise<'file' | 'answers' | undefined> {
  const { path, graceMs, limitMs, signal } = watch;
  const startedAt = performance.now();
  let answersSince: number | undefined;
  for (;;) {
    signal.throwIfAborted();
    const text = readAppFile(path, longestFile);
    if (isRunning(text)) return 'file';
    const now = performance.now();
    if (text !== undefined) answersSince = undefined;
    else if (await watch.answers()) answersSince ??= now;
    if (answersSince !== undefined && now - answersSince >= graceMs) return 'answers';
    if (now - startedAt >= limitMs) return undefined;
    await sleep(lookEveryMs, signal);
  }
}

function isRunning(text: string | undefined): boolean {
  if (text === undefined) return false;
  try {
    return (JSON.parse(text) as { state?: unknown } | null)?.state === 'RUNNING';
  } catch {
    return false; // half-written
  }
}
