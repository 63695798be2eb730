import { access, mkdir, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { deaConfigOf } from '#components/dea/config/config.ts';
import { deaLogLine, startupTextsOf } from '#components/dea/index.ts';
import { deaStop } from '#contract/dea.ts';
import { componentDiscover } from '#contract/discovery.ts';
import { call } from '#ground/http-client.ts';
import { waitFor } from '#ground/wait.ts';
import { scratchDirectory } from '../../../support/scratch.ts';
import { describe, type Scope } from '../../../support/spec.ts';
import { dropletOf, openDea, requestFor, startRunning } from '../support.ts';

const path = process.env['PATH'] ?? '';

async function settingsIn(scope: Scope, changes: object = {}) {
  const baseDir = join(await scratchDirectory(scope), 'var/dea');
  const given = { base_dir: baseDir, max_memory: 2048, multi_tenant: true, runtimes: ['node'], ...changes };
  const settings = deaConfigOf(given, { path });
  return { baseDir, settings, options: { ...settings.options, stopGraceMs: 500 } };
}

describe('a dea with its own configuration', (it) => {
  it('uses a droplet that was put into its directory, and keeps all it has there', async (scope) => {
    const { baseDir, options } = await settingsIn(scope);
    await mkdir(join(baseDir, 'staged'), { recursive: true });
    await mkdir(join(baseDir, 'apps/of-somebody-else'), { recursive: true });
    const droplet = await dropletOf(scope, 'sleep 60');
    await rename(droplet.path, join(baseDir, 'staged', '2012-sinatra.tgz'));
    const dea = await openDea(scope, options);
    const request = requestFor({ path: '???', sha1: '2012-sinatra' }, { uris: [], executableUri: 'no address' });

    const { instance } = await startRunning(dea, request);

    assert.equal((await readdir(baseDir)).sort(), ['apps', 'db', 'staged']);
    assert.equal((await readdir(join(baseDir, 'apps'))).sort(), [`hello-0-${instance}`, 'of-somebody-else']);
    await access(join(baseDir, 'staged', '2012-sinatra.tgz'));
    const snapshot = () =>
      access(join(baseDir, 'db', 'instances.json')).then(
        () => true,
        () => undefined,
      );
    await waitFor('the snapshot', snapshot, { limitMs: 15_000 });
  });

  it('shows its configuration without secrets, under the name it was given', async (scope) => {
    const status = { user: 'me', password: 'x' };
    const { baseDir, options } = await settingsIn(scope, { index: 7, status, mbus: 'nats://a:b@c:1' });
    const dea = await openDea(scope, options);

    assert.match(dea.id, /^7-[0-9a-f]{32}$/);
    const components = await dea.bus.askMany(componentDiscover, null, { limitMs: 15_000, expected: 1 });
    const { host, credentials } = components.find(({ uuid }) => uuid === dea.id) ?? {};
    assert.equal(credentials, ['me', 'x']);
    const authorization = `Basic ${Buffer.from('me:x').toString('base64')}`;
    const answer = await call(`http://${host}/varz`, { headers: { authorization } });
    const { config } = JSON.parse(await answer.text());
    assert.equal([config.base_dir, config.runtimes, config.mbus], [baseDir, ['node'], undefined]);
  });

  it('leaves the directories of instances when it is told to', async (scope) => {
    const { baseDir, options } = await settingsIn(scope, { disable_dir_cleanup: true });
    const dea = await openDea(scope, options);
    const request = requestFor(await dropletOf(scope, 'sleep 60'), { uris: [] });
    const { instance } = await startRunning(dea, request);

    dea.bus.publish(deaStop, { droplet: request.droplet });
    await dea.exits.first();
    await dea.stop();

    assert.equal(await readdir(join(baseDir, 'apps')), [`hello-0-${instance}`]);
    const next = await openDea(scope, options, dea);
    await next.stop();
    assert.equal(await readdir(join(baseDir, 'apps')), [`hello-0-${instance}`]);
  });
});

describe('what a dea of 2012 logs', (it) => {
  it('begins with what it has', async (scope) => {
    const { baseDir, settings } = await settingsIn(scope, { pid: '/run/dea.pid' });

    const texts = (await startupTextsOf(settings)).filter((text) => !/^(Using ruby @|Socket Limit:)/.test(text));

    assert.equal(
      texts.map((text) => text.replace(/\d+ cpu/, 'N cpu').replace(/\d+%$/, 'N%')),
      [
        'Starting VCAP DEA (0.99)',
        'Pid file: /run/dea.pid',
        'Using network: 127.0.0.1',
        'Max Memory set to 2G',
        'Utilizing N cpu cores',
        'Allowing multi-tenancy',
        `Using directory: ${baseDir}/`,
        'Initial usage of droplet fs is: N%',
      ],
    );
    const { settings: small } = await settingsIn(scope, { max_memory: 1024, multi_tenant: false });
    const others = await startupTextsOf(small);
    assert.ok(others.includes('Max Memory set to 1024M') && others.includes('Restricting to single tenant'));
  });

  it('goes on with its port and its id, in lines of its form', async (scope) => {
    const dea = await openDea(scope);
    const lines = (threshold: string) =>
      dea.logged.map((entry) => deaLogLine(entry, { threshold, pid: 7 })).filter((line) => line !== undefined);

    await waitFor('its last word', () => (lines('info').length >= 2 ? true : undefined), { limitMs: 15_000 });
    assert.match(
      lines('info')[0] ?? '',
      /^\[.{26}\] dea - pid=7 tid=\w+ fid=\w+ {3}INFO -- File service started on port: \d+$/,
    );
    assert.match(lines('info').at(-1) ?? '', `DEA uuid ${dea.id}`);
    assert.equal(lines('error'), []);
  });
});
