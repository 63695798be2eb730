import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { describe } from '../support/spec.ts';
import { makeApp, Staging, sampleApps } from './staging.ts';

describe('the buildpack binary', (it) => {
  it('never takes an app by itself', async (scope) => {
    const staging = await Staging.of(scope, 'binary');

    assert.is((await staging.run('detect', [await makeApp(scope, { Procfile: 'web: ./run\n' })])).code, 1);
  });

  it('makes programs executable which lost that on the way, and nothing else', async (scope) => {
    const staging = await Staging.of(scope, 'binary');
    const app = await makeApp(scope, {
      run: '#!/bin/sh\necho hello\n',
      'bin/tool': '\x7fELF and so on',
      'notes.txt': 'a text',
      empty: '',
    });
    const { droplet, out, web, config } = await staging.staged(app, { offline: true });
    const isExecutable = (name: string) =>
      access(join(droplet, 'app', name), constants.X_OK).then(
        () => true,
        () => false,
      );

    assert.equal(await Promise.all(['run', 'bin/tool', 'notes.txt', 'empty'].map(isExecutable)), [
      true,
      true,
      false,
      false,
    ]);
    assert.match(out, 'Only its author knows how it starts');
    assert.is(web, undefined);
    assert.equal([config.name, config.output_metadata], ['binary', undefined]);
  });
});

describe('the buildpack procfile', (it) => {
  it('leaves everything to the Procfile', async (scope) => {
    const staging = await Staging.of(scope, 'procfile');
    const { out, web, config } = await staging.staged(join(sampleApps, 'ticking-worker'), { offline: true });

    assert.match(out, 'Processes: web');
    assert.is(web, undefined);
    assert.is(config.name, 'procfile');
  });
});
