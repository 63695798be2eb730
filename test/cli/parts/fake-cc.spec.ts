import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import * as assert from 'uvu/assert';
import { startFakeCloudController } from '#cli/parts/fake-cc.ts';
import { call } from '#ground/http-client.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe, type Scope } from '../../support/spec.ts';
import { runCli } from '../run-cli.ts';

async function start(scope: Scope) {
  const directory = join(await scratchDirectory(scope), 'droplets');
  const said: string[] = [];
  const openApp = () => Readable.from([Buffer.from('zip')]);
  const server = await startFakeCloudController({ port: 0, openApp, directory, say: (line) => void said.push(line) });
  scope.use(server);
  const url = `http://127.0.0.1:${server.port}`;
  const post = async (path: string, body: string) => {
    const headers = { 'content-type': 'multipart/form-data; boundary=b' };
    const answer = await call(`${url}${path}`, { method: 'POST', headers, body });
    return { status: answer.status, text: await answer.text() };
  };
  const get = async (path: string) => {
    const answer = await call(`${url}${path}`, {});
    return { status: answer.status, text: await answer.text() };
  };
  return { directory, said, post, get };
}

const form = (name: string, content: string) =>
  `--b\r\ncontent-disposition: form-data; name="${name}"; filename="d"\r\n\r\n${content}\r\n--b--\r\n`;

/** Of `droplet`. */
const sha1 = 'dcec3894fe30b4a5ed3be78d0b7ffd1a6aec4ae3';

describe('the stand-in for a cloud controller', (it) => {
  it('hands out the app, takes a droplet and hands it out, and says what it is asked', async (scope) => {
    const { directory, said, post, get } = await start(scope);

    assert.equal(await get('/download_unstaged_app/my-app'), { status: 200, text: 'zip' });
    assert.is((await post('/upload_droplet/my-app/upload_id', form('upload[droplet]', 'droplet'))).status, 200);
    const [name = ''] = await readdir(join(directory, 'my-app'));
    const stored = name.replace('.tgz', '');
    assert.match(stored, /^[0-9a-f]{40}$/);
    assert.equal(await get(`/staged_droplets/my-app/${stored}`), { status: 200, text: 'droplet' });

    assert.equal(said, [
      'UNSTAGED APP BEING REQUESTED',
      '{"id"=>"my-app"}',
      'RECEIVING DROPLET',
      '{"id"=>"my-app", "upload_id"=>"upload_id"}',
      `RECEIVED DROPLET: stager uploaded staged droplet ${join(directory, 'my-app', name)}`,
      `DROPLET TO BE HAD AT: /staged_droplets/my-app/${stored}`,
      'DROPLET BEING REQUESTED',
      `{"id"=>"my-app", "sha1"=>"${stored}"}`,
    ]);
  });

  it('refuses what is no droplet, and leaves nothing of it behind', async (scope) => {
    const { directory, post } = await start(scope);
    const whole = form('upload[droplet]', 'droplet');

    for (const body of [form('other', 'x'), 'not multipart', whole.slice(0, -12)]) {
      const { status, text } = await post('/upload_droplet/app/1', body);
      assert.is(status, 400, text);
      assert.ok(text.length > 20, 'it says why');
    }
    assert.is((await post('/upload_droplet/..%2f..%2fx/1', whole)).status, 400);

    assert.equal(existsSync(join(directory, 'app')) ? await readdir(join(directory, 'app')) : [], []);
  });

  it('hands out nothing that is not a droplet', async (scope) => {
    const { get } = await start(scope);

    for (const path of [`/staged_droplets/..%2fapp/${sha1}`, '/staged_droplets/app/..%2f..%2fx', '/']) {
      assert.is((await get(path)).status, 404, path);
    }
  });

  it('says what to do when there is no such app, or no such port', async () => {
    const noApp = await runCli(['fake-cc', '--app', '/proc/none/app.zip']);
    const noPort = await runCli(['fake-cc', '--port', '70000']);

    assert.is(noApp.exitCode, 1);
    assert.match(noApp.messages, 'Name a zip, or a folder with an app.');
    assert.is(noPort.exitCode, 2);
    assert.match(noPort.messages, '65535 or less');
  });
});
