import { join } from 'node:path';
import { AsyncDisposableStack } from '#ground/async-disposable-stack.ts';
import { readableSize } from '#ground/bytes.ts';
import { ActionableError } from '#ground/errors.ts';
import { watchDisk } from '#ground/watch-disk.ts';
import { isolationFor, openStagingSandbox, standInsIn } from '#workload/sandbox/index.ts';
import type { Cli } from '../../cli.ts';
import { type Finding, warning } from '../../doctor/finding.ts';
import { isolationSettings } from '../../isolation-settings.ts';
import type { Bench } from './scratch-build.ts';

/** Where scripts of a buildpack run that is checked. Disposing it ends them. */
export interface LintRoom extends AsyncDisposable {
  readonly bench: Bench;
  /** Where it writes that writes to `/tmp` and the like, by these paths; the machine's own when absent. */
  readonly standIns: Readonly<Record<string, string>> | undefined;
  /** What there is to say about it. */
  readonly finding: Finding | undefined;
}

/** As of a stager: see its options. */
const limits = { limitBytes: 4 * 1024 ** 3, keptFreeBytes: 256 * 1024 ** 2 };

/** @param scratch where the bench lies, and nothing else */
export async function openLintRoom(scratch: string, given: Bench, { env, home }: Cli): Promise<LintRoom> {
  await using undo = new AsyncDisposableStack();
  const stop = new AbortController();
  undo.use(watchDisk({ directory: scratch, ...limits }, () => stop.abort(tooLarge())));
  const bench = { ...given, signal: AbortSignal.any([given.signal, stop.signal]) };
  const found = await isolationFor(isolationSettings(env));
  if (found.level === 0) {
    const finding = warning('sandbox', `It was tried without one. ${found.reason}`, found.remedy);
    return { bench, standIns: undefined, finding, ...disposing(undo.move()) };
  }
  const directory = join(scratch, 'sandbox');
  const { HOME: ownHome = '', TMPDIR: _, ...variables } = given.env;
  const sandbox = await openStagingSandbox(found, {
    directory,
    work: [given.scratch],
    home: ownHome,
    hidden: [home],
    readable: [],
    variables: Object.fromEntries(Object.entries(variables).filter(([name]) => !(name in given.appEnv))),
    maxFileBytes: limits.limitBytes,
  });
  undo.use(sandbox);
  return {
    bench: { ...bench, sandbox },
    standIns: standInsIn(directory),
    finding: undefined,
    ...disposing(undo.move()),
  };
}

function disposing(resources: AsyncDisposableStack): AsyncDisposable {
  return { [Symbol.asyncDispose]: () => resources.disposeAsync() };
}

function tooLarge(): ActionableError {
  const limit = readableSize(limits.limitBytes);
  return new ActionableError(
    'STAGING_FAILED',
    `The buildpack used more than ${limit} of disk, or there is hardly any left; what it made was removed.`,
    'Have it write less, or free some space.',
  );
}
