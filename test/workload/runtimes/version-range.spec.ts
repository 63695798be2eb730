import * as assert from 'uvu/assert';
import type { ToolFamily } from '#contract/runtimes.ts';
import { fits } from '#workload/runtimes/version-range.ts';
import { compareVersions, nameOf, versionIn } from '#workload/runtimes/version-text.ts';
import { describe } from '../../support/spec.ts';

type Case = readonly [family: ToolFamily, constraint: string, fitting: readonly string[], others: readonly string[]];

const cases: readonly Case[] = [
  ['node', '>=18', ['18.0.0', '22.1.0'], ['16.20.2']],
  ['node', '^20.11 || 18.x', ['20.11.0', '20.20.2', '18.1.0'], ['20.10.0', '19.0.0', '22.0.0']],
  ['node', '18 - 20', ['18.0.0', '20.20.2'], ['17.9.0', '21.0.0']],
  ['node', '~20.11.0', ['20.11.7'], ['20.12.0']],
  ['node', '*', ['0.8.2', '22.0.0'], []],
  ['node', 'v20.11.0', ['20.11.0'], ['20.11.1']],
  ['node', 'lts/iron', ['20.9.0'], ['18.20.4', '22.0.0']],
  ['node', 'lts/*', ['18.20.4', '22.0.0'], ['21.0.0']],
  ['node', 'node', ['9.0.0'], []],
  ['ruby', '3.2.2', ['3.2.2'], ['3.2.3', '3.1.2']],
  ['ruby', '~> 3.1', ['3.1.0', '3.4.1'], ['3.0.9', '4.0.0']],
  ['ruby', '~> 3.1.2', ['3.1.2', '3.1.9'], ['3.1.1', '3.2.0']],
  ['ruby', '>= 2.7, < 3.3', ['2.7.0', '3.2.9'], ['2.6.9', '3.3.0']],
  ['ruby', '!= 3.2.1', ['3.2.2'], ['3.2.1']],
  ['python', '>=3.9,<4', ['3.9.0', '3.13.0'], ['3.8.18', '4.0.0']],
  ['python', '~=3.10', ['3.10.0', '3.12.1'], ['3.9.0', '4.0.0']],
  ['python', '==3.11.*', ['3.11.0', '3.11.7'], ['3.12.0']],
  ['python', '==3.11', ['3.11.0'], ['3.11.7']],
  ['python', '>=3.8, !=3.9.*', ['3.8.1', '3.10.0'], ['3.9.1']],
  ['python', '3.11', ['3.11.0', '3.11.7'], ['3.1.1', '3.12.0']],
  ['python', '^3.9', ['3.9.0', '3.13.0'], ['3.8.0', '4.0.0']],
  ['python', '3.13.0rc1', ['3.13.0'], ['3.12.1']],
  ['php', '^8.1 || ~7.4.0', ['8.1.0', '8.3.1', '7.4.33'], ['8.0.30', '7.3.0', '9.0.0']],
  ['php', '>=7.2|8.0.*', ['7.2.0', '8.0.1'], ['7.1.0']],
  ['php', '^0.3', ['0.3.4'], ['0.4.0', '1.0.0']],
  ['php', '7.4 - 8.1', ['7.4.0', '8.1.29'], ['8.2.0']],
  ['php', '>=8.1@stable', ['8.1.0'], ['8.0.0']],
  ['java', '17', ['17.0.9', '17'], ['11.0.2', '21.0.1']],
  ['java', '1.8', ['8.0.392'], ['11.0.2', '17.0.1']],
  ['java', 'temurin-17.0.9+9', ['17.0.9'], ['17.0.8']],
  ['java', '17.0.9-tem', ['17.0.9'], ['17.0.15']],
  ['java', 'openjdk64-11.0.2', ['11.0.2'], ['8.0.1']],
  ['go', '>=1.21', ['1.21', '1.22.5'], ['1.19.8']],
];

describe('range of versions', (it) => {
  it('is understood in the words of each family', () => {
    for (const [family, constraint, fitting, others] of cases) {
      for (const version of fitting) assert.is(fits(family, constraint, version), true, `${version} in ${constraint}`);
      for (const version of others) assert.is(fits(family, constraint, version), false, `${version} in ${constraint}`);
    }
  });

  it('is told from what is none', () => {
    const none: readonly (readonly [ToolFamily, string])[] = [
      ['node', 'the newest'],
      ['node', 'lts/atlantis'],
      ['ruby', 'stable'],
      ['ruby', '>= '],
      ['python', '>=3.9 and <4'],
      ['php', '^8.1 || dev-master'],
      ['java', `17${' '.repeat(50)}${'.0'.repeat(200)}`],
    ];
    for (const [family, constraint] of none) assert.is(fits(family, constraint, '1.0.0'), undefined, constraint);
  });
});

describe('version', (it) => {
  it('is read from what directories are called', () => {
    assert.is(versionIn('node', 'v20.11.0'), '20.11.0');
    assert.is(versionIn('java', 'jdk1.8.0_392'), '8.0');
    assert.is(versionIn('java', 'openjdk64-17.0.1'), '17.0.1');
    assert.is(versionIn('ruby', 'truffle'), undefined);
  });

  it('gives a runtime its name', () => {
    assert.equal(
      [nameOf('node', '20.11.0'), nameOf('python', '3.11.7'), nameOf('java', '17'), nameOf('go', null)],
      ['node20', 'python311', 'java17', 'go'],
    );
  });

  it('is older or later by its numbers', () => {
    assert.equal(['3.9', '3.11.1', '3.11', '3.10.2'].sort(compareVersions), ['3.9', '3.10.2', '3.11', '3.11.1']);
  });
});
