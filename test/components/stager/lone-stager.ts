/** A stager alone in its process: `lone-stager.ts URL DIRECTORY`. Says `ready`, and stops on SIGTERM. */
import * as v from 'valibot';
import { StagerOptions, stager } from '#components/stager/index.ts';
import { Bus } from '#ground/bus.ts';
import { silentLog } from '#ground/log.ts';

const [url = '', dataDir = ''] = process.argv.slice(2);
const bus = await Bus.connect({ url, user: 'test', password: 'test' }, 'lone stager', silentLog);
const context = { bus, log: silentLog, dataDir, signal: new AbortController().signal };
const running = await stager.start(context, v.parse(StagerOptions, {}));
process.once('SIGTERM', () => {
  void (async () => {
    await running[Symbol.asyncDispose]();
    await bus[Symbol.asyncDispose]();
    process.exit(0);
  })();
});
process.stdout.write('ready\n');
