import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { rowOf } from '#ground/processes.ts';
import { waitFor } from '#ground/wait.ts';
import { describe } from '../../support/spec.ts';
import { openDeaProcess } from './dea-process.ts';
import {
  directoryOf,
  dropletOf,
  fixtureDroplet,
  linesOf,
  openDea,
  requestFor,
  start,
  startRunning,
} from './support.ts';

const megabyte = 1024 * 1024;

describe('the log of an app', (it) => {
  it('goes out on the bus, with the instance and the stream each line is from', async (scope) => {
    const dea = await openDea(scope);
    const droplet = await dropletOf(scope, `bash -c 'echo out; echo err >&2; printf "\\xff\\n"; exec sleep 60'`);
    const request = requestFor(droplet, { index: 7, uris: [], droplet: 'app.with *dots' });

    start(dea, request);
    const lines = () =>
      dea.logs.messages.filter(({ source_type }) => source_type === 'APP/PROC/WEB').flatMap((batch) => batch.lines);
    await waitFor('three lines', () => (lines().length >= 3 ? true : undefined), { limitMs: 15_000 });

    assert.equal(
      lines()
        .map(({ stream, text }) => `${stream} ${text}`)
        .sort(),
      ['ERR err', 'OUT out', 'OUT \ufffd'],
    );
    assert.ok(dea.logs.messages.every((batch) => batch.instance_id === '7' && batch.source_id === 'app.with *dots'));
  });

  it('of one of several processes is among those of its app', async (scope) => {
    const dea = await openDea(scope);
    const droplet = await dropletOf(scope, `bash -c 'echo working; exec sleep 60'`);
    const process = { droplet: 'app-1-worker', application_id: 'app-1', process_type: 'worker' };

    start(dea, requestFor(droplet, { ...process, uris: [] }));

    const batch = await dea.logs.first(({ lines }) => lines.some(({ text }) => text === 'working'));
    assert.is(batch.source_id, 'app-1');
    assert.is(batch.source_type, 'APP/PROC/WORKER');
  });

  it('tells what the DEA does with the instance', async (scope) => {
    const dea = await openDea(scope);
    const { app } = await startRunning(dea, requestFor(await fixtureDroplet(scope, 'echo-env')));
    await dea.stop();
    await dea.bus.flush();

    assert.equal(linesOf(dea, app, 'CELL'), [
      'Starting instance 0.',
      'Instance became healthy.',
      'Instance 0 was stopped.',
    ]);
  });

  it(
    'of an app that floods it takes little memory and disk',
    async (scope) => {
      const dea = await openDeaProcess(scope, { logFileBytes: 4 * megabyte });
      const droplet = await fixtureDroplet(scope, 'floods-log');
      const { instance, app } = await startRunning(
        dea,
        requestFor(droplet, { limits: { mem: 512, disk: 1024, fds: 256 } }),
      );
      const file = join(await directoryOf(dea.dataDir, instance), 'logs/stdout.log');
      let mostMemory = 0;
      let mostDisk = 0;
      const look = async () => {
        mostMemory = Math.max(mostMemory, rowOf(dea.pid)?.residentBytes ?? 0);
        mostDisk = Math.max(mostDisk, (await stat(file)).blocks * 512);
        return dea.logs.messages.at(-1)?.lines.at(-1)?.text === 'done' ? true : undefined;
      };
      const before = rowOf(dea.pid)?.residentBytes ?? 0;

      await waitFor('the end of the flood', look, { limitMs: 40_000, everyMs: 20 });

      assert.ok(mostDisk < 100 * megabyte, `${mostDisk / megabyte} MB on disk of the 200 MB that were written`);
      assert.ok(mostMemory - before < 60 * megabyte, `${(mostMemory - before) / megabyte} MB more memory`);
      assert.ok(linesOf(dea, app, 'CELL').some((line) => line.includes('were left out')));
    },
    { timeoutMs: 120_000 },
  );
});
