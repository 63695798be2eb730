import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { StagingRequest } from '#contract/staging.ts';
import { buildVariable } from '#workload/lifecycle/builder/leftovers.ts';
import { runScript, ScriptFailure } from '#workload/lifecycle/builder/run-script.ts';
import { stagingEnvironmentOf } from './buildpacks/environment.ts';
import { wantedRuntimes } from './buildpacks/wanted-runtimes.ts';
import type { TaskContext } from './task-context.ts';
import { TaskFailure } from './task-failure.ts';

/** How a command of a hook is run; as `bash -c` when absent. */
type Runner = (command: string) => readonly string[];

const shownLines = 10;

/**
 * Runs the commands of one hook in a directory, one after the other, and tells what they print.
 * @throws TaskFailure naming the hook, for the first one that fails
 */
export async function runHook(
  name: 'pre-staging' | 'post-staging',
  { request, directory, runner = (command) => ['-c', command] }: HookRun,
  context: TaskContext,
): Promise<void> {
  const commands = request.hooks?.[name] ?? [];
  if (commands.length === 0) return;
  const { log, signal } = context;
  const env = { ...(await environmentIn(directory, request, context)), [buildVariable]: randomUUID() };
  for (const command of commands) {
    log.line(`Hook ${name}: ${command}`);
    const out = (text: string) => log.output('OUT', text);
    const err = (text: string) => log.output('ERR', text);
    try {
      await runScript({ program: 'bash', args: runner(command), cwd: directory, env, out, err, signal, cut: '\n' });
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof ScriptFailure)) throw error;
      throw await failureOf(name, command, error, context);
    } finally {
      await log.outputEnded();
    }
  }
}

interface HookRun {
  readonly request: StagingRequest;
  readonly directory: string;
  readonly runner?: Runner;
}

async function environmentIn(directory: string, request: StagingRequest, { options, workspace }: TaskContext) {
  const [home, tmp] = [join(workspace.own, 'home'), join(workspace.own, 'tmp')];
  for (const each of [home, tmp]) await mkdir(each, { recursive: true, mode: 0o700 });
  const { path } = await wantedRuntimes(directory, process.env);
  const limitSeconds = options.maxStagingMs / 1000;
  return stagingEnvironmentOf(request, { home, tmp, path, limitSeconds, env: process.env }).all;
}

async function failureOf(name: string, command: string, cause: ScriptFailure, { log }: TaskContext) {
  await log.outputEnded();
  const text = `The hook ${name} failed with ${cause.message}: ${command}. Mend what it says, or take it out of the app's stackato.yml, and push again.`;
  const tail = log.tail(shownLines).map((line) => `   | ${line}`);
  return new TaskFailure([text, ...tail].join('\n'), { isLogged: true, said: text, cause });
}
