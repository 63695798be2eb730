import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { describe } from '../../../support/spec.ts';
import { build, emptyPlace, recordedEnv } from './a-build.ts';

describe('buildpacks that cannot be cloned', (it) => {
  it('do not wait for a password', async (scope) => {
    const server = createServer((_, response) => {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    scope.defer(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const place = await emptyPlace(scope, {
      order: [`http://toy:secret@127.0.0.1:${port}/pack.git`],
      skipDetect: true,
    });
    const built = await build(place);
    assert.is(built.err, `Failed to clone git repository at http://toy:***@127.0.0.1:${port}/pack.git\n`);
    const open = { ...place, options: { ...place.options, order: [`http://127.0.0.1:${port}/pack.git`] } };
    const refused = await build(open);
    assert.is(refused.code, 1);
    assert.match(refused.remedy ?? '', 'https://USER:TOKEN@');
  });

  it('have no address of ssh in the short form when strict, as Go cannot read it', async (scope) => {
    const place = await emptyPlace(scope, { order: ['git@example.com:a/b.git'], strict: true });
    const why = 'parse "git@example.com:a/b.git": first path segment in URL cannot contain colon';
    assert.is((await build(place)).err, `Invalid buildpack url (git@example.com:a/b.git): ${why}\n`);
  });

  it('are asked for in words that say what is missing when there is no git', async (scope) => {
    const place = await emptyPlace(scope, { order: ['file:///any.git'], skipDetect: true });
    const empty = join(place.directory, 'empty');
    await mkdir(empty);
    const built = await build(place, { env: { ...recordedEnv, PATH: empty } });
    assert.is(built.code, 1);
    assert.match(built.err, 'exec: "git": executable file not found in $PATH\n');
  });
});
