/**
 * A stager alone in its process: `lone-stager.ts URL DIRECTORY [OPTIONS]`, the last as JSON. Says `ready`, then each entry
 * of its log as a line of JSON, and stops on SIGTERM.
 */
import * as v from 'valibot';
import { StagerOptions, stager } from '#components/stager/index.ts';
import { Bus } from '#ground/bus.ts';
import { createLog, silentLog } from '#ground/log.ts';

const [url = '', dataDir = '', options = '{}'] = process.argv.slice(2);
const bus = await Bus.connect({ url, user: 'test', password: 'test' }, 'lone stager', silentLog);
let isReady = false;
const log = createLog((entry) => {
  if (isReady) process.stdout.write(`${JSON.stringify(entry)}\n`);
});
const context = { bus, log, dataDir, signal: new AbortController().signal };
const running = await stager.start(context, v.parse(StagerOptions, JSON.parse(options)));
process.once('SIGTERM', () => {
  void (async () => {
    await running[Symbol.asyncDispose]();
    await bus[Symbol.asyncDispose]();
    process.exit(0);
  })();
});
process.stdout.write('ready\n');
isReady = true;
