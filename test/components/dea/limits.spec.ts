import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { describe } from '../../support/spec.ts';
import {
  directoryOf,
  dropletOf,
  exitOf,
  fixtureDroplet,
  linesOf,
  openDea,
  processesOf,
  requestFor,
  start,
  startRunning,
} from './support.ts';

describe('limits', (it) => {
  it('end an app that takes more memory than it may', async (scope) => {
    const dea = await openDea(scope, { memoryEveryMs: 100 });
    const limits = { mem: 128, disk: 64, fds: 256 };
    const { app, instance } = await startRunning(
      dea,
      requestFor(await fixtureDroplet(scope, 'eats-memory'), { limits }),
    );

    const exit = await exitOf(dea, app);

    assert.is(exit.reason, 'CRASHED');
    const used = Number(/^exceeded its memory limit of 128M \(used (\d+)M\)$/.exec(exit.exit_description ?? '')?.[1]);
    assert.ok(used > 128 && used < 900, exit.exit_description ?? '');
    const told = linesOf(dea, app, 'CELL');
    const errors = await readFile(join(await directoryOf(dea.dataDir, instance), 'logs/err.log'), 'utf8');
    assert.match(errors, /^Memory limit of 128M exceeded\.\nActual usage was \d{3}M, process terminated\.\n$/);
    assert.match(told.join('\n'), /The memory limit of 128M is exceeded: \d+M are in use\.\nInstance 0 is ended\./);
    assert.equal(await processesOf(instance), []);
  });

  it('count the memory of all processes of an app', async (scope) => {
    const dea = await openDea(scope, { memoryEveryMs: 100 });
    // Four processes of some 40 MB, each of which would be within the limit.
    const script = `const { fork } = require('child_process');
      if (process.argv[2] === undefined) for (let n = 0; n < 3; n += 1) fork(__filename, ['child']);
      setInterval(() => {}, 1000);`;
    const droplet = await dropletOf(scope, 'node app.js', { 'app/app.js': script });
    const request = requestFor(droplet, { uris: [], limits: { mem: 100, disk: 64, fds: 256 } });

    start(dea, request);

    assert.match((await exitOf(dea, request.droplet)).exit_description ?? '', 'exceeded its memory limit of 100M');
  });

  it('end an app that takes more disk than it may', async (scope) => {
    const dea = await openDea(scope, { diskEveryMs: 100 });
    const limits = { mem: 256, disk: 10, fds: 256 };
    const droplet = await fixtureDroplet(scope, 'eats-disk');
    const { app, instance } = await startRunning(dea, requestFor(droplet, { limits }));

    const exit = await exitOf(dea, app);

    assert.match(exit.exit_description ?? '', /^exceeded its disk limit of 10M \(used \d\dM\)$/);
    assert.match(linesOf(dea, app, 'CELL').join('\n'), 'Raise its limit, or have it use less disk.');
    const errors = await readFile(join(await directoryOf(dea.dataDir, instance), 'logs/err.log'), 'utf8');
    assert.match(errors, /^Disk usage limit of 10M exceeded\.\nActual usage was \d\dM, process terminated\.\n$/);
  });
});
