import * as assert from 'uvu/assert';
import { ActionableError } from '#ground/errors.ts';
import { parseOptions } from '../../../scripts/rot/options.ts';
import { describe } from '../../support/spec.ts';
import { thrownBy } from '../../support/thrown.ts';

describe('the options of rot', (it) => {
  it('have defaults, and any seed', () => {
    assert.equal(parseOptions([], 77), { rounds: 200, seed: 77, only: undefined, program: undefined, help: false });
  });

  it('are what is said', () => {
    assert.equal(parseOptions(['--rounds', '3', '--seed', '0', '--only', '2', '--program', 'x'], 77), {
      rounds: 3,
      seed: 0,
      only: 2,
      program: 'x',
      help: false,
    });
  });

  it('are refused when they make no sense', async () => {
    for (const args of [['--rounds', '0'], ['--seed', '-1'], ['--only', 'x'], ['--kills', '3'], ['more']]) {
      const error = await thrownBy(async () => parseOptions(args, 1));
      assert.instance(error, ActionableError);
      assert.match((error as ActionableError).remedy, 'npm run rot -- --help');
    }
  });
});
