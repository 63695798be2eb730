import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { openSurroundings } from '../../../scripts/bench/surroundings.ts';
import { copyHome, type Damage, type Way } from '../../../scripts/rot/damage.ts';
import { makePristine } from '../../../scripts/rot/pristine.ts';
import { runTrial } from '../../../scripts/rot/trial.ts';
import { describe } from '../../support/spec.ts';

const streams = 'nats-server/store/jetstream/$G/streams';
const state = `${streams}/KV_cloud-controller`;
const snapshots = 'cloud-controller/snapshots';

const damage = (path: string, way: Way, at = 0.6): Damage => ({ path, way, at, bytes: 512 });

interface Case {
  readonly of: 'stopped' | 'killed';
  readonly damages: readonly Damage[];
  /** Whether a user hears of it. */
  readonly isSaid: boolean;
  readonly isTwice?: boolean;
}

/** One of each kind; `npm run rot` has thousands. */
const cases: readonly Case[] = [
  { of: 'stopped', damages: [], isSaid: false },
  { of: 'killed', damages: [], isSaid: false },
  { of: 'killed', damages: [damage(`${state}/msgs/1.blk`, 'overwrite a block')], isSaid: true, isTwice: true },
  { of: 'stopped', damages: [damage(`${state}/msgs/1.blk`, 'cut', 0.5)], isSaid: true },
  { of: 'stopped', damages: [damage(`${state}/msgs/index.db`, 'flip a bit')], isSaid: false },
  { of: 'stopped', damages: [damage(`${state}/msgs/1.blk`, 'empty')], isSaid: true },
  { of: 'killed', damages: [damage(state, 'delete')], isSaid: true },
  { of: 'killed', damages: [damage('nats-server/store/jetstream', 'become a file')], isSaid: true },
  {
    of: 'killed',
    damages: [damage(`${snapshots}/00000001.state`, 'flip a bit'), damage(`${state}/meta.inf`, 'zero a block')],
    isSaid: false,
  },
  { of: 'stopped', damages: [damage(snapshots, 'delete'), damage(`${state}/msgs`, 'become a file')], isSaid: true },
  { of: 'stopped', damages: [damage(`${streams}/KV_events`, 'delete')], isSaid: true },
  {
    of: 'stopped',
    damages: [
      damage('cloud-controller/identity.json', 'flip a bit'),
      damage('cloud-controller/admin.json', 'empty'),
      damage('nats-server/credentials.json', 'cut'),
      damage('dea/instances.json', 'flip many bits'),
      damage('cli/login.json', 'become a directory'),
      damage('run', 'become a file'),
    ],
    isSaid: true,
    isTwice: true,
  },
];

describe('a platform with damaged files', (it) => {
  it(
    'comes up with everything that can be had, and says what cannot',
    async (scope) => {
      const surroundings = await openSurroundings(scope, new AbortController().signal);
      const [stopped, killed] = await makePristine(surroundings);
      for (const [number, { of, damages, isSaid, isTwice = false }] of cases.entries()) {
        const pristine = of === 'stopped' ? stopped : killed;
        const home = join(surroundings.scratch, `case-${number}`);
        await copyHome(pristine.home, home);

        const { violations, wasSaid } = await runTrial(surroundings, pristine, { home, damages, isTwice });

        const name = `${of}: ${damages.map(({ path, way }) => `${path}: ${way}`).join(', ') || 'nothing'}`;
        assert.equal(violations, [], name);
        assert.is(wasSaid, isSaid, name);
      }
    },
    { timeoutMs: 240_000 },
  );
});
