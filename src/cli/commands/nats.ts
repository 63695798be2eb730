import { join, resolve } from 'node:path';
import { takeDirectory, takeFreeDirectory } from '#assembly/one-part.ts';
import { startNatsServer } from '#components/nats-server/index.ts';
import { AsyncDisposableStack } from '#ground/async-disposable-stack.ts';
import { ActionableError } from '#ground/errors.ts';
import { createLog } from '#ground/log.ts';
import { cacheDirectory } from '#packaging/assets.ts';
import { findNatsServer } from '#packaging/nats-server-program.ts';
import type { Cli } from '../cli.ts';
import { readableLine } from '../up/readable-log.ts';

interface NatsInput {
  readonly port: number | undefined;
  readonly store: string | undefined;
}

/** Runs a message bus that is open to everybody on this machine, until it is asked to stop. */
export async function run(cli: Cli, { port = 4222, store }: NatsInput): Promise<number> {
  if (port > 65_535) throw new ActionableError('USAGE', `--port cannot be '${port}'.`, 'Give it 65535 or less.');
  await using undo = new AsyncDisposableStack();
  const log = createLog((entry) => {
    if (entry.level !== 'debug' && entry.level !== 'info') cli.progress.line(readableLine(entry, cli.progress.style));
  });
  const directory = undo.use(
    store === undefined
      ? await takeFreeDirectory(join(cli.home, 'parts'), 'nats')
      : await takeDirectory(resolve(cli.workingDirectory, store)),
  );
  const { path: program, version } = await findNatsServer({ env: cli.env, cacheDir: cacheDirectory() });
  const options = { program, host: '127.0.0.1', port, credentials: null, startLimitMs: 30_000, maxFailedRestarts: 5 };
  const starting = startNatsServer(
    { log, dataDir: directory.path, signal: cli.signal },
    { ...options, logsToTerminal: true },
  );
  const server = undo.use(await starting.catch((error: unknown) => Promise.reject(explained(error))));
  cli.out.line(`nats-server ${version} listens on ${server.address.url}, open to everybody on this machine`);
  const stopped = new Promise<void>((done) => {
    if (cli.signal.aborted) done();
    else cli.signal.addEventListener('abort', () => done(), { once: true });
  });
  await Promise.race([server.failure, stopped]);
  await undo.disposeAsync();
  return 0;
}

/** The server's own error speaks of an option of `up`. */
function explained(error: unknown): unknown {
  if (!(error instanceof ActionableError) || error.code !== 'PORT_TAKEN') return error;
  const remedy = 'Stop that program, or choose another port with `--port` (0 takes any free one).';
  return new ActionableError('PORT_TAKEN', error.message, remedy, { cause: error });
}
