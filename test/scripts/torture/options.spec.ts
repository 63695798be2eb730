import * as assert from 'uvu/assert';
import { ActionableError, exitCodeOf } from '#ground/errors.ts';
import { parseOptions } from '../../../scripts/torture/options.ts';
import { describe } from '../../support/spec.ts';
import { thrownBy } from '../../support/thrown.ts';

describe('the options of a torture', (it) => {
  it('are 200 kills of a platform with three apps, by any seed', () => {
    assert.equal(parseOptions([], 17), { kills: 200, seed: 17, apps: 3, redeploys: 0, broken: 0, help: false });
  });

  it('choose kills, seed and apps', () => {
    assert.equal(parseOptions(['--kills', '5', '--seed', '0', '--apps', '1'], 17), {
      kills: 5,
      seed: 0,
      apps: 1,
      redeploys: 0,
      broken: 0,
      help: false,
    });
  });

  it('choose redeploys, of which a tenth is broken when nobody says', () => {
    const chosen = (...args: string[]) => {
      const { redeploys, broken } = parseOptions(args, 17);
      return [redeploys, broken];
    };
    assert.equal(chosen('--redeploys', '1000'), [1000, 100]);
    assert.equal(chosen('--redeploys', '20', '--broken', '0'), [20, 0]);
  });

  it('are refused when they cannot be meant', async () => {
    const bad: [string[], string][] = [
      [['--kills', '0'], "--kills cannot be '0': it takes a whole number, 1 or more."],
      [['--seed', 'x'], "--seed cannot be 'x': it takes a whole number, 0 or more."],
      [['--apps', '1.5'], "--apps cannot be '1.5'"],
      [['--force'], "Unknown option '--force'"],
    ];
    for (const [args, message] of bad) {
      const error = await thrownBy(() => parseOptions(args, 17));

      assert.instance(error, ActionableError);
      assert.is(exitCodeOf(error), 2);
      assert.match(error.message, message);
    }
  });
});
