import * as assert from 'uvu/assert';
import { ActionableError, exitCodeOf } from '#ground/errors.ts';
import { parseOptions, usage } from '../../../scripts/plug/options.ts';
import { describe } from '../../support/spec.ts';
import { thrownBy } from '../../support/thrown.ts';

describe('the options of pulling the plug', (it) => {
  it('are 50 rounds with the bundle, on the best disk, by any seed', () => {
    assert.equal(parseOptions([], 17), { rounds: 50, seed: 17, help: false });
  });

  it('choose rounds, seed, program and disk', () => {
    const args = ['--rounds', '2', '--seed', '0', '--program', './localpaas', '--disk', 'strict'];

    assert.equal(parseOptions(args, 17), { rounds: 2, seed: 0, program: './localpaas', disk: 'strict', help: false });
  });

  it('are all in the help', () => {
    for (const flag of ['--rounds', '--seed', '--program', '--disk', '--help']) assert.match(usage, `  ${flag} `);
    assert.is(parseOptions(['-h'], 17).help, true);
  });

  it('are refused when they cannot be meant', async () => {
    const bad: [string[], string][] = [
      [['--rounds', '0'], "--rounds cannot be '0': it takes a whole number, 1 or more."],
      [['--seed', 'x'], "--seed cannot be 'x': it takes a whole number, 0 or more."],
      [['--program', ''], '--program takes a file.'],
      [['--disk', 'ext3'], "--disk cannot be 'ext3': it takes ext4, strict, copy."],
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
