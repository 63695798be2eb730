import { randomUUID } from 'node:crypto';
import type { StagingRequest } from '#contract/staging.ts';
import { buildVariable } from '#workload/lifecycle/builder/leftovers.ts';
import { runScript, ScriptFailure } from '#workload/lifecycle/builder/run-script.ts';
import type { TaskContext } from './task-context.ts';
import { taskEnvironmentOf } from './task-environment.ts';
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
  const environment = await taskEnvironmentOf(request, directory, context);
  const env = { ...environment.all, [buildVariable]: randomUUID() };
  const sandbox = await context.scripts.enter(environment);
  for (const command of commands) {
    log.line(`Hook ${name}: ${command}`);
    const out = (text: string) => log.output('OUT', text);
    const err = (text: string) => log.output('ERR', text);
    try {
      const args = runner(command);
      await runScript({ program: 'bash', args, cwd: directory, env, out, err, signal, sandbox, cut: '\n' });
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof ScriptFailure)) throw error;
      await context.scripts.check();
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

async function failureOf(name: string, command: string, cause: ScriptFailure, { log }: TaskContext) {
  await log.outputEnded();
  const refused = cause.remedy === undefined ? '' : ` ${cause.remedy}`;
  const text = `The hook ${name} failed with ${cause.message}: ${command}.${refused} Mend what it says, or take it out of the app's stackato.yml, and push again.`;
  const tail = log.tail(shownLines).map((line) => `   | ${line}`);
  return new TaskFailure([text, ...tail].join('\n'), { isLogged: true, said: text, cause });
}
