import { createHash } from 'node:crypto';
import * as assert from 'uvu/assert';
import { call } from '#ground/http-client.ts';
import { waitFor } from '#ground/wait.ts';
import { describe } from '../../../support/spec.ts';
import { multipartOf, zipWith } from '../operations.ts';
import { refusalOf, sinatraApp, startV1, uploadFiles } from './start-v1.ts';

const large = 'x'.repeat(5_000);
const largeFile = { size: large.length, sha1: createHash('sha1').update(large).digest('hex'), fn: 'large.txt' };

describe('bits in the API of 2012', (it) => {
  it('gives back the zip that was uploaded, by POST or by PUT', async (scope) => {
    const api = await startV1(scope, { peers: false });
    await api.v1('POST', '/apps', { body: sinatraApp });
    const content = await zipWith({ 'app.rb': 'puts 1' });
    const part = { name: 'application', filename: 'up.zip', content };
    const download = async () => {
      const answer = await call(`${api.base}/apps/hello/application`, { headers: { authorization: api.token } });
      return { type: answer.headers['content-type'], bytes: await answer.bytes() };
    };

    const nothing = await api.v1('GET', '/apps/hello/application');
    const posted = await uploadFiles(api, 'hello', { 'app.rb': 'puts 0' });
    const put = await api.v1('PUT', '/apps/hello/application', multipartOf([part]));

    assert.match(refusalOf(nothing), '404 302');
    assert.equal([posted.status, posted.text, put.status], [200, '', 200]);
    assert.equal(await download(), { type: 'application/zip', bytes: content });
  });

  it('takes files that it has by their name only', async (scope) => {
    const api = await startV1(scope, { peers: false });
    await api.v1('POST', '/apps', { body: sinatraApp });
    await uploadFiles(api, 'hello', { 'large.txt': large });
    const matched = async () => {
      const asked = [largeFile, { ...largeFile, sha1: 'a'.repeat(40) }];
      const { body } = await api.v1('POST', '/resources', { body: asked });
      return body.length > 0 ? body : undefined;
    };

    const known = await waitFor('the file to be known', matched, { limitMs: 15_000 });
    const composed = await uploadFiles(api, 'hello', { 'app.rb': 'puts 1' }, known);
    const alone = await uploadFiles(api, 'hello', {}, known);

    assert.equal(known, [largeFile]);
    assert.equal([composed.status, alone.status], [200, 200]);
  });

  it('refuses what cannot be a package, and leaves nothing of it', async (scope) => {
    const api = await startV1(scope, { peers: false });
    await api.v1('POST', '/apps', { body: sinatraApp });
    const unknown = { ...largeFile, sha1: 'a'.repeat(40) };

    const refusals = [
      await uploadFiles(api, 'hello', {}),
      await uploadFiles(api, 'hello', {}, [unknown]),
      await uploadFiles(api, 'hello', {}, [{ fn: 'x' }]),
      await api.v1('POST', '/apps/hello/application', { body: 'no multipart' }),
    ].map(refusalOf);

    assert.match(refusals[0] ?? '', /^400 402 .*'application'/);
    assert.match(refusals[1] ?? '', /^400 402 The content of 'large.txt' was not sent/);
    assert.match(refusals[2] ?? '', /^400 402 .*`fn`, `sha1` and `size`/);
    assert.match(refusals[3] ?? '', /^400 402 .*multipart/);
    assert.match(refusalOf(await uploadFiles(api, 'nope', { a: 'b' })), '404 301');
    assert.match(refusalOf(await api.v1('POST', '/resources', { body: [{ sha1: 'short', size: 1 }] })), '400 100');
    assert.match(refusalOf(await api.v1('POST', '/resources', { body: {} })), '400 100');
    assert.equal((await api.ask('GET', '/v3/packages')).body.resources, []);
  });

  it('keeps the last good bits when newer ones are refused', async (scope) => {
    const api = await startV1(scope, { peers: false });
    await api.v1('POST', '/apps', { body: sinatraApp });
    await uploadFiles(api, 'hello', { 'app.rb': 'puts 1' });

    await api.v1('POST', '/apps/hello/application', { body: 'no multipart' });

    assert.is((await api.v1('GET', '/apps/hello/application')).status, 200);
    assert.is((await api.ask('GET', '/v3/packages')).body.resources.length, 1);
  });
});
