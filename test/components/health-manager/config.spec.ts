import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { readHealthManagerConfig } from '#components/health-manager/index.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe, type Scope } from '../../support/spec.ts';
import { thrownBy } from '../../support/thrown.ts';

async function read(scope: Scope, yaml: string) {
  const file = join(await scratchDirectory(scope), 'health_manager.yml');
  await writeFile(file, yaml);
  return readHealthManagerConfig(file, {});
}

describe('health_manager.yml', (it) => {
  it('says how long everything takes, in seconds', async (scope) => {
    const settings = await read(
      scope,
      `---
mbus: nats://127.0.0.1:4222
pid: /run/health_manager.pid
local_route: 127.0.0.1
cc_partition: ng
bulk_api: { host: api.vcap.me, batch_size: 50 }
dequeueing_rate: 7
status: { port: 54321, user: thin, password: thin }
intervals:
  database_scan: 1
  droplets_analysis: 0.5
  droplet_lost: 300
  flapping_death: 2
  flapping_timeout: 5
  min_restart_delay: 1
  max_restart_delay: 3
  giveup_crash_number: 5
  stable_state: -1
  request_queue: 2
  spin_down: 3600
rails_environment: test
`,
    );

    const { shownConfig: _, ...options } = settings?.options ?? {};
    assert.equal(options, {
      refreshEveryMs: 1_000,
      analyseEveryMs: 500,
      instanceLostMs: 300_000,
      startPatienceMs: 20_000,
      settledAfterMs: 0,
      surveyMs: 200,
      minRestartDelayMs: 1_000,
      maxRestartDelayMs: 3_000,
      restartNoiseMs: 5_000,
      flappingTimeoutMs: 5_000,
      steadyAfterMs: 5_000,
      flappingDeath: 2,
      flappingCrashes: 3,
      giveUpAfterCrashes: 5,
      startBatch: 7,
      startBatchEveryMs: 2_000,
      spinDownAfterMs: 3_600_000,
      bulkUrl: 'http://api.vcap.me',
      olderRequests: 'none',
      partition: 'ng',
      host: '127.0.0.1',
      index: null,
      status: { port: 54_321, user: 'thin', password: 'thin' },
    });
    assert.equal([settings?.natsUri, settings?.pidFilename], ['nats://127.0.0.1:4222', '/run/health_manager.pid']);
  });

  it('has the times of the original where it says nothing', async (scope) => {
    const { options } = (await read(scope, '--- {}\n')) ?? {};

    const { refreshEveryMs, analyseEveryMs, instanceLostMs, giveUpAfterCrashes, flappingDeath } = options ?? {};
    assert.equal(
      [refreshEveryMs, analyseEveryMs, instanceLostMs, giveUpAfterCrashes, flappingDeath],
      [60_000, 20_000, 30_000, 4, 1],
    );
    const { startBatch, startBatchEveryMs, spinDownAfterMs } = options ?? {};
    assert.equal([startBatch, startBatchEveryMs, spinDownAfterMs], [40, 1_000, 0]);
    const { minRestartDelayMs, maxRestartDelayMs, restartNoiseMs, flappingTimeoutMs } = options ?? {};
    assert.equal(
      [minRestartDelayMs, maxRestartDelayMs, restartNoiseMs, flappingTimeoutMs],
      [60_000, 480_000, 5_000, 500_000],
    );
  });

  it('never gives up when that is what -1 says, and stands in the directory of all configurations', async (scope) => {
    const directory = await scratchDirectory(scope);
    await writeFile(join(directory, 'health_manager.yml'), 'intervals: { giveup_crash_number: -1 }\n');

    const settings = await readHealthManagerConfig(undefined, { CLOUD_FOUNDRY_CONFIG_PATH: directory });

    assert.is(settings?.options.giveUpAfterCrashes, 0);
    assert.is(await readHealthManagerConfig(undefined, {}), undefined);
  });

  it('is refused with the key that is wrong', async (scope) => {
    const refusals: [yaml: string, reason: RegExp][] = [
      [
        'intervals: { droplet_lost: soon }',
        /intervals => \{ droplet_lost => Expected instance of Numeric, given an instance of String/,
      ],
      ['intervals: { droplet_lost: -3 }', /intervals.droplet_lost => /],
      [
        'intervals: { flapping_death: 1.5 }',
        /flapping_death => Expected instance of Integer, given an instance of Float/,
      ],
      ['dequeueing_rate: -1', /dequeueing_rate or intervals.queue_batch_size => /],
      ['dequeueing_rate: fast', /dequeueing_rate => Expected instance of Integer/],
      ['intervals: { spin_down: never }', /spin_down => Expected instance of Numeric/],
      ['cc_partition: "a.b"', /cc_partition => must be one token of a subject/],
      ['bulk_api: { host: "" }', /bulk_api.host => /],
      ['mbus: 4222', /mbus => Expected instance of String/],
      ['[', /^ERROR: Failed loading config from file/],
    ];
    for (const [yaml, reason] of refusals)
      assert.match((await thrownBy(() => read(scope, yaml))).message, reason, yaml);
  });
});
