import * as assert from 'uvu/assert';
import { builderOptionsOf } from '#workload/lifecycle/builder/index.ts';
import { runCommand } from '../../../support/localpaas.ts';
import { describe } from '../../../support/spec.ts';

const env = { PATH: process.env['PATH'] ?? '' };

describe("the builder's command line", (it) => {
  it('takes the flags of all versions, with their defaults', () => {
    const options = builderOptionsOf([
      '-buildpackOrder',
      'a,b',
      '--skipDetect',
      '-credhubRetryDelay=2s',
      '-credhubConnectAttempts=9',
    ]);
    assert.equal(options, {
      buildDir: '/tmp/app',
      outputDroplet: '/tmp/droplet',
      outputMetadata: '/tmp/result.json',
      outputCache: '/tmp/output-cache',
      buildpacksDir: '/tmp/buildpacks',
      downloadDir: '/tmp/buildpackdownloads',
      cacheDir: '/tmp/cache',
      order: ['a', 'b'],
      skipDetect: true,
      skipCertVerify: false,
      strict: false,
    });
  });

  it('takes our one flag in each spelling, anywhere', () => {
    for (const word of ['-strict-diego', '--strict-diego', '-strictDiego', '-strict-diego=true']) {
      assert.is(builderOptionsOf([word, '-buildpackOrder=a']).strict, true, word);
      assert.is(builderOptionsOf(['-buildpackOrder=a', word]).strict, true, word);
    }
    assert.is(builderOptionsOf(['-strict-diego=false', '-buildpackOrder=a']).strict, false);
  });

  it('names every flag that is empty', () => {
    assert.throws(() => builderOptionsOf(['-buildDir=']), 'missing flag: -buildDir, missing flag: -buildpackOrder');
  });

  it('ends with 2 for an unknown flag, 0 for help, each with the usage of the original', async () => {
    const unknown = await runCommand(['builder', '-nope'], env);
    assert.is(unknown.code, 2);
    assert.match(
      unknown.err,
      /^flag provided but not defined: -nope\nUsage of builder:\n {2}-buildArtifactsCacheDir string\n {4}\t/,
    );
    const help = await runCommand(['builder', '-help'], env);
    assert.is(help.code, 0);
    assert.is(help.err, unknown.err.split('\n').slice(1).join('\n'));
    assert.is(help.out, '');
  });

  it('has a help of our own', async () => {
    const { code, out } = await runCommand(['builder', '--help'], env);
    assert.is(code, 0);
    assert.match(out, 'localpaas builder -buildDir=./app');
  });
});
