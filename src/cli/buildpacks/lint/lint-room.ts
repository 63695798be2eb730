import { join } from 'node:path';
import { AsyncDisposableStack } from '#ground/async-disposable-stack.ts';
import { readableSize } from '#ground/bytes.ts';
import { ActionableError } from '#ground/errors.ts';
import { type DiskExcess, watchDisk } from '#ground/watch-disk.ts';
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

/** As much as a staging may use; less has to stay free, for temporary files may lie on a small disk in memory. */
const limits = { limitBytes: 4 * 1024 ** 3, keptFreeBytes: 32 * 1024 ** 2 };

/** @param scratch where the bench lies, and nothing else */
export async function openLintRoom(scratch: string, given: Bench, { env, home }: Cli): Promise<LintRoom> {
  await using undo = new AsyncDisposableStack();
  const stop = new AbortController();
  undo.use(watchDisk({ directory: scratch, ...limits }, (excess) => stop.abort(refusalOf(excess, scratch))));
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

function refusalOf({ what }: DiskExcess, scratch: string): ActionableError {
  if (what === 'used') {
    const message = `The buildpack used more than ${readableSize(limits.limitBytes)} of disk, as no staging may.`;
    return new ActionableError('STAGING_FAILED', message, 'Have it write less.');
  }
  const message = `The disk of ${scratch} is nearly full, and the buildpack was stopped.`;
  return new ActionableError('DISK_FULL', message, 'Free some space, or name another place with TMPDIR.');
}
