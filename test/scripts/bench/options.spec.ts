import * as assert from 'uvu/assert';
import { ActionableError, exitCodeOf } from '#ground/errors.ts';
import { benchmarkNames, parseOptions } from '../../../scripts/bench/options.ts';
import { describe } from '../../support/spec.ts';
import { thrownBy } from '../../support/thrown.ts';

describe('the options of a benchmark run', (it) => {
  it('are all benchmarks, and enough rounds, when nothing is said', () => {
    assert.equal(parseOptions([]), {
      rounds: 9,
      only: [...benchmarkNames],
      installPeers: false,
      program: undefined,
      out: 'bench',
      page: false,
      help: false,
    });
  });

  it('choose rounds, benchmarks and whether to fetch other programs', () => {
    const options = parseOptions([
      '--rounds',
      '15',
      '--only',
      'push,up',
      '--install-peers',
      '--program',
      'dist/localpaas-linux-x64',
      '--out',
      '/results',
      '--page',
      '--help',
    ]);

    assert.equal(options, {
      rounds: 15,
      only: ['up', 'push'],
      installPeers: true,
      program: 'dist/localpaas-linux-x64',
      out: '/results',
      page: true,
      help: true,
    });
  });

  it('are refused when they cannot be meant', async () => {
    const bad: [string[], string][] = [
      [['--rounds', '0'], "--rounds cannot be '0'."],
      [['--rounds', 'many'], "--rounds cannot be 'many'."],
      [['--rounds=-3'], "--rounds cannot be '-3'."],
      [['--only', 'push,start'], "There is no benchmark 'start'."],
      [['--only', ''], "There is no benchmark ''."],
      [['--fast'], "Unknown option '--fast'"],
      [['push'], "Unexpected argument 'push'"],
    ];
    for (const [args, message] of bad) {
      const error = await thrownBy(() => parseOptions(args));

      assert.instance(error, ActionableError);
      assert.is(exitCodeOf(error), 2);
      assert.match(error.message, message);
      assert.match((error as ActionableError).remedy, '--help');
    }
  });
});
