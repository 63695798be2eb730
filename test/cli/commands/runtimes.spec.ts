import * as assert from 'uvu/assert';
import type { FoundRuntime } from '#contract/runtimes.ts';
import { describe } from '../../support/spec.ts';
import { recordedApi } from '../recorded-api.ts';
import { runCli } from '../run-cli.ts';

function found(name: string, changes: Partial<FoundRuntime>): FoundRuntime {
  const path = `/usr/bin/${name}`;
  return {
    family: 'node',
    name,
    version: '20.11.0',
    path,
    real_path: path,
    bin_directory: '/usr/bin',
    architecture: 'arm64',
    origin: 'PATH',
    found_in: '/usr/bin',
    is_default: true,
    ...changes,
  };
}

const one = {
  dea: 'd1',
  runtimes: [
    found('node20', {}),
    found('node18', { version: '18.20.4', origin: 'nvm', is_default: false }),
    found('ruby', { family: 'ruby', version: null, architecture: null }),
  ],
};

describe('runtimes', (it) => {
  it('shows what the platform has', async (scope) => {
    const { home } = await recordedApi(scope, { 'GET /localpaas/v1/runtimes': { body: { deas: [one] } } });

    const { output } = await runCli(['runtimes'], { home });

    assert.is(
      output,
      [
        'name    version       arch    from  default  path',
        'node20  20.11.0       arm64   PATH  yes      /usr/bin/node20',
        'node18  18.20.4       arm64   nvm            /usr/bin/node18',
        'ruby    does not run  script  PATH  yes      /usr/bin/ruby',
        '',
      ].join('\n'),
    );
  });

  it('shows it by DEA where there are several, and as JSON', async (scope) => {
    const deas = [one, { dea: 'd2', runtimes: [] }];
    const { home } = await recordedApi(scope, { 'GET /localpaas/v1/runtimes': { body: { deas } } });

    const lines = (await runCli(['runtimes'], { home })).output.split('\n');
    assert.equal(
      [lines[0], ...lines.slice(5)],
      ['DEA d1', '', 'DEA d2', 'Nothing is there to run apps with; programs run all the same.', ''],
    );
    assert.equal(JSON.parse((await runCli(['runtimes', '--json'], { home })).output), { running: true, deas });
  });

  it('says that no DEA answers', async (scope) => {
    const { home } = await recordedApi(scope, { 'GET /localpaas/v1/runtimes': { body: { deas: [] } } });

    assert.match((await runCli(['runtimes'], { home })).output, /^No DEA answers: /);
  });
});
