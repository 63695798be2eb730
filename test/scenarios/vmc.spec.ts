import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import * as assert from 'uvu/assert';
import { waitFor } from '#ground/wait.ts';
import { zipOf } from '#ground/zip.ts';
import { type Localpaas, startLocalpaas } from '../support/localpaas.ts';
import { type RawAnswer, rawRequest, sendRaw } from '../support/raw-http.ts';
import { describe, type Scope } from '../support/spec.ts';

/** What vmc 0.3 sends with each request. */
const habits = {
  Accept: 'application/json',
  'User-Agent': 'rest-client/2.1.0 (linux-gnu x86_64) ruby/3.1.2p20',
  'Content-Type': 'application/json',
  'Accept-Encoding': 'gzip;q=1.0,deflate;q=0.6,identity;q=0.3',
};

const appName = 'hello-node';
const files = ['app.js', 'package.json'];

interface Vmc {
  readonly paas: Localpaas;
  ask(method: string, path: string, body?: unknown): Promise<RawAnswer>;
  json(method: string, path: string, body?: unknown): Promise<ReturnType<typeof JSON.parse>>;
  upload(zip: Uint8Array): Promise<RawAnswer>;
}

/** A client of 2012 that is logged in through the router. */
async function startVmc(scope: Scope): Promise<Vmc> {
  const paas = await startLocalpaas(scope);
  const Host = `api.localhost:${paas.port}`;
  let token: Record<string, string> = {};
  const ask: Vmc['ask'] = (method, path, body) =>
    sendRaw(
      paas.port,
      rawRequest(`${method} ${path}`, { ...habits, ...token, Host }, body === undefined ? '' : JSON.stringify(body)),
    );
  const json: Vmc['json'] = async (method, path, body) => {
    const { status, text } = await ask(method, path, body);
    assert.is(status, 200, `${method} ${path}: ${text}`);
    return JSON.parse(text);
  };
  const account = JSON.parse(await readFile(join(paas.home, 'cloud-controller', 'admin.json'), 'utf8'));
  const login = await json('POST', `/users/${account.user}/tokens`, { password: account.password });
  token = { Authorization: login.token };
  const upload: Vmc['upload'] = (zip) => {
    const boundary = '----RubyFormBoundarylDVSmMbIxpC4DB9z';
    const part = (more: string) => `--${boundary}\r\nContent-Disposition: form-data; ${more}\r\n`;
    const body = Buffer.concat([
      Buffer.from(`${part('name="_method"')}\r\nput\r\n`),
      Buffer.from(`${part('name="application"; filename="up.zip"')}Content-Type: application/zip\r\n\r\n`),
      zip,
      Buffer.from(`\r\n${part('name="resources"')}\r\n[]\r\n--${boundary}--\r\n`),
    ]);
    const headers = { ...habits, ...token, Host, 'Content-Type': `multipart/form-data; boundary=${boundary}` };
    return sendRaw(paas.port, rawRequest(`POST /apps/${appName}/application`, headers, body));
  };
  return { paas, ask, json, upload };
}

function zipOfSample(): Promise<Buffer> {
  const members = files.map((path) => ({
    path,
    kind: 'file' as const,
    open: () => createReadStream(join('sample-apps', appName, path)),
  }));
  return buffer(zipOf(members));
}

async function fingerprints(): Promise<object[]> {
  return Promise.all(
    files.map(async (fn) => {
      const bytes = await readFile(join('sample-apps', appName, fn));
      return { size: bytes.length, sha1: createHash('sha1').update(bytes).digest('hex'), fn };
    }),
  );
}

async function untilRunning({ json }: Vmc, count: number): Promise<void> {
  const areRunning = async () => {
    const { instances } = await json('GET', `/apps/${appName}/instances`);
    const states = instances.map(({ state }: { state: string }) => state);
    return states.length === count && states.every((state: string) => state === 'RUNNING') ? true : undefined;
  };
  await waitFor('the instances', areRunning, { limitMs: 20_000, everyMs: 100 });
}

const newApp = {
  name: appName,
  uris: [`${appName}.localhost`],
  instances: 1,
  staging: { framework: 'node', runtime: 'node08' },
  resources: { memory: 64 },
};

describe('a push with vmc', (it) => {
  it(
    'goes from info to a running app, and to its end',
    async (scope) => {
      const vmc = await startVmc(scope);
      const { paas, ask, json } = vmc;
      assert.is((await json('GET', '/info')).user, 'admin');

      // push
      assert.equal(await json('POST', '/resources', await fingerprints()), []);
      const made = await ask('POST', '/apps', newApp);
      assert.is(made.status, 302);
      assert.is(made.headers.get('location'), `http://api.localhost:${paas.port}/apps/${appName}`);
      assert.is((await vmc.upload(await zipOfSample())).status, 200);
      const whole = await json('GET', `/apps/${appName}`);
      const started = await ask('PUT', `/apps/${appName}`, { ...whole, state: 'STARTED' });
      assert.equal([started.status, started.text], [200, '']);
      await untilRunning(vmc, 1);
      assert.is((await paas.get(appName)).status, 200);

      // apps, stats, crashes, files
      const [app] = await json('GET', '/apps');
      assert.equal([app.name, app.state, app.runningInstances], [appName, 'STARTED', 1]);
      assert.equal(app.staging, { model: 'node', stack: 'node08' }); // today's Node runs it
      const { state, stats } = (await json('GET', `/apps/${appName}/stats`))['0'];
      assert.equal([state, stats.name, stats.mem_quota], ['RUNNING', appName, 64 * 1024 * 1024]);
      assert.equal(await json('GET', `/apps/${appName}/crashes`), { crashes: [] });
      const file = async (path: string) =>
        (await ask('GET', `/apps/${appName}/instances/0/files/${encodeURIComponent(path)}`)).text;
      assert.match(await file('/logs/staging.log'), /Staging application/);
      assert.match(await file('/logs/stdout.log'), /\S/);
      assert.match(await file('/app'), /^package\.json +\d/m);
      assert.match(await file('/nope'), '"code":303');

      // env, instances, update, stop, delete
      const seen = await json('GET', `/apps/${appName}`);
      assert.is((await ask('PUT', `/apps/${appName}`, { ...seen, env: ['COLOUR=blue'], instances: 2 })).status, 200);
      assert.match((await ask('PUT', `/apps/${appName}`, { ...seen, instances: 3 })).text, '"code":102');
      assert.is((await ask('PUT', `/apps/${appName}/update`)).status, 204);
      await untilRunning(vmc, 2);
      assert.is((await json('GET', `/apps/${appName}/update`)).state, 'SUCCEEDED');
      assert.match(await paas.ok(['env', appName]), 'blue');
      assert.is((await ask('PUT', `/apps/${appName}`, { state: 'STOPPED' })).status, 200);
      assert.equal(await json('GET', `/apps/${appName}/instances`), { instances: [] });
      assert.is((await ask('DELETE', `/apps/${appName}`)).status, 200);
      assert.match((await ask('GET', `/apps/${appName}`)).text, '"code":301');
      assert.is((await paas.get(appName)).status, 404);
    },
    { timeoutMs: 120_000 },
  );

  it(
    'finds and changes apps that were pushed by the command line, and the other way round',
    async (scope) => {
      const vmc = await startVmc(scope);
      const { paas, ask, json } = vmc;
      await paas.ok(['push', `sample-apps/${appName}`, '--memory', '64M']);

      const whole = await json('GET', `/apps/${appName}`);
      await ask('PUT', `/apps/${appName}`, { ...whole, instances: 2 });
      await untilRunning(vmc, 2);
      const noBits = await ask('POST', '/apps', { ...newApp, name: 'empty', uris: [] });
      const failed = await ask('PUT', '/apps/empty', { state: 'STARTED' });

      assert.equal(whole.staging, { model: 'node', stack: 'node' });
      assert.equal(whole.uris, [`${appName}.localhost`]);
      assert.is(noBits.status, 302);
      assert.is(failed.status, 500);
      assert.match(JSON.parse(failed.text).description, /^Staging failed: '.*'$/);
      const apps = JSON.parse(await paas.ok(['apps', '--json'])) as { name: string }[];
      assert.equal(apps.map(({ name }) => name).sort(), ['empty', appName]);
      await paas.ok(['delete', appName, '-f']);
      assert.is((await ask('GET', `/apps/${appName}`)).status, 404);
    },
    { timeoutMs: 120_000 },
  );
});
