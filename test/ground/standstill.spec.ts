import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as passed } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { startChild } from '#ground/child.ts';
import { Standstill } from '#ground/standstill.ts';
import { setClock } from '../support/clock.ts';
import { describe } from '../support/spec.ts';
import { standStill } from '../support/stand-still.ts';

const hourMs = 3_600_000;

describe('a standstill', (it) => {
  it('is that somebody set the clock, forward or back, once', (scope) => {
    const standstill = new Standstill(hourMs);
    assert.is(standstill.noticed(), false);

    setClock(scope, 48 * hourMs);
    assert.equal([standstill.noticed(), standstill.noticed()], [true, false]);

    setClock(scope, -50 * hourMs);
    assert.equal([standstill.noticed(), standstill.noticed()], [true, false]);
  });

  it('is that the process was stopped', async (scope) => {
    const limitMs = 2_000;
    const child = scope.use(
      await startChild({
        program: process.execPath,
        args: ['--import', 'tsx', join(import.meta.dirname, 'tell-standstill.ts'), String(limitMs)],
        env: { PATH: process.env['PATH'] ?? '' },
        stdio: ['pipe', 'pipe', 'inherit'],
      }),
    );
    assert.ok(child.stdin && child.stdout);
    const lines = createInterface({ input: child.stdout });
    const ask = async () => {
      const said = once(lines, 'line');
      child.stdin?.write('\n');
      return (await said)[0];
    };
    await ask();
    await standStill(child.pid);
    await passed(1.5 * limitMs);
    process.kill(child.pid, 'SIGCONT');

    assert.is(await ask(), 'true');
  });
});
