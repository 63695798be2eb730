import * as assert from 'uvu/assert';
import { exitOf, heartbeatOf } from '#components/dea/heartbeat.ts';
import type { Life } from '#components/dea/instance.ts';
import { recordOf } from '#components/dea/instance-record.ts';
import { describe } from '../../support/spec.ts';
import { optionsFor, requestFor } from './support.ts';

const record = (life: Life) => ({
  ...recordOf(requestFor({ path: '/', sha1: 'a' }, { droplet: 'app' }), optionsFor({}), 1),
  life,
});
const stopped = { reason: 'STOPPED' } as const;

describe('heartbeat', (it) => {
  it('tells the state of each instance, and since when', () => {
    const heartbeat = heartbeatOf([record({ phase: 'RUNNING', sinceMs: 1_353_000_000_999 })], 'dea-1', null);

    assert.is(heartbeat?.dea, 'dea-1');
    assert.is(heartbeat?.droplets[0]?.state, 'RUNNING');
    assert.is(heartbeat?.droplets[0]?.state_timestamp, 1_353_000_000);
    assert.is(heartbeat?.droplets[0]?.cc_partition, 'default');
  });

  it('counts one that is prepared as starting, and leaves out those on their way out', () => {
    const lives: Life[] = [
      { phase: 'PREPARING', sinceMs: 1 },
      { phase: 'STARTING', sinceMs: 1 },
      { phase: 'ENDING', sinceMs: 1, ending: stopped },
      { phase: 'CRASHED', sinceMs: 1, ending: { reason: 'CRASHED' } },
      { phase: 'GONE', sinceMs: 1, ending: stopped },
    ];

    const states = heartbeatOf(lives.map(record), 'dea-1', true)?.droplets.map(({ state }) => state);

    assert.equal(states, ['STARTING', 'STARTING', 'CRASHED']);
  });

  it('is not sent when there is nothing to tell', () => {
    assert.is(heartbeatOf([], 'dea-1', null), undefined);
    assert.is(heartbeatOf([record({ phase: 'ENDING', sinceMs: 1, ending: stopped })], 'dea-1', null), undefined);
  });

  it('is followed by an exit, which says more of a crash', () => {
    const gone = record({ phase: 'RUNNING', sinceMs: 1 });

    assert.equal(Object.keys(exitOf(gone, stopped, 5_000)).sort(), [
      'cc_partition',
      'droplet',
      'index',
      'instance',
      'reason',
      'version',
    ]);
    const crash = exitOf(gone, { reason: 'CRASHED', status: 3, description: 'exited with status 3' }, 5_000);
    assert.equal([crash.crash_timestamp, crash.exit_status, crash.exit_description], [5, 3, 'exited with status 3']);
  });
});
