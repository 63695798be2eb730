import { startNatsServer } from '#components/nats-server/index.ts';
import { silentLog } from '#ground/log.ts';

/** A process that keeps a nats-server and prints its pid, for a test to kill. */
const [dataDir = '', program = ''] = process.argv.slice(2);
const server = await startNatsServer(
  { log: silentLog, dataDir, signal: new AbortController().signal },
  { program, host: '127.0.0.1', port: 0, credentials: null, startLimitMs: 10_000, maxFailedRestarts: 3 },
);
process.stdout.write(`${server.pid()}\n`);
setInterval(() => {}, 1_000);
