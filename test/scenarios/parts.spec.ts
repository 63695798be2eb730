import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { deaDiscover, deaHeartbeat, deaStart, deaStartInstance, dropletExited } from '#contract/dea.ts';
import { routerRegister } from '#contract/routes.ts';
import { staging } from '#contract/staging.ts';
import { Bus } from '#ground/bus.ts';
import { call } from '#ground/http-client.ts';
import { silentLog } from '#ground/log.ts';
import { listen } from '#ground/ports.ts';
import { waitFor } from '#ground/wait.ts';
import { tarOf } from '../support/droplet.ts';
import { emptyHome, environmentOf, runCommand } from '../support/localpaas.ts';
import { startFakeCc, startOpenBus, startPart } from '../support/parts.ts';
import { scratchDirectory } from '../support/scratch.ts';
import { describe, type Scope } from '../support/spec.ts';

const properties = {
  services: [],
  framework_info: { name: 'node' },
  runtime_info: { name: 'node', executable: 'node', version: '20' },
  resources: { memory: 64, disk: 64, fds: 256 },
};

const server = `require('node:http')
  .createServer((_, response) => response.end('hello from a part'))
  .listen(process.env.VCAP_APP_PORT, '127.0.0.1');
`;

async function appFolder(scope: Scope): Promise<string> {
  const folder = join(await scratchDirectory(scope), 'app');
  await mkdir(folder);
  await writeFile(join(folder, 'app.js'), server);
  return folder;
}

async function connect(scope: Scope, url: string): Promise<Bus> {
  return scope.use(await Bus.connect({ url }, 'test', silentLog));
}

describe('parts started one by one', (it) => {
  it(
    'stage an app, run it and lead requests to it; each ends in peace',
    async (scope) => {
      const home = await emptyHome(scope);
      const files = join(await scratchDirectory(scope), 'parts with blanks');
      const nats = await startOpenBus(scope, home);
      const written = await runCommand(
        ['procfile', '--write', files, '--bus-port', String(nats.port)],
        await environmentOf(home),
      );
      assert.is(written.code, 0, written.err);
      // The platform's own port may be taken on the machine of the test.
      const routerFile = join(files, 'router.yml');
      await writeFile(routerFile, (await readFile(routerFile, 'utf8')).replace('port: 8080', 'port: 0'));
      const stager = await startPart(scope, home, ['stager', '-c', join(files, 'stager.yml')]);
      const dea = await startPart(scope, home, ['dea', '-c', join(files, 'dea.yml')]);
      const router = await startPart(scope, home, ['router', '-c', routerFile]);
      const cc = await startFakeCc(scope, home, ['--app', await appFolder(scope)]);
      await stager.says(/^\[.{26}\] vcap\.stager\.server - pid=\d+ tid=0001 fid=0001 {3}INFO -- Server running$/m);
      await dea.says(/^\[.{26}\] dea - pid=\d+ tid=0001 fid=0001 {3}INFO -- Starting VCAP DEA \(0\.99\)$/m);
      await dea.says(/ INFO -- File service started on port: \d+$/m);
      const [, routerPort = ''] = await router.says(/router listens host=127\.0\.0\.1 port=(\d+)/);
      const bus = await connect(scope, nats.uri);

      const staged = await bus.ask(
        staging,
        { download_uri: `${cc.url}/download_unstaged_app/7`, upload_uri: `${cc.url}/upload_droplet/7/1`, properties },
        { limitMs: 15_000 },
      );
      assert.is(staged.error ?? null, null);
      const [, path = '', sha1 = ''] = await cc.says(/DROPLET TO BE HAD AT: (\S+\/([0-9a-f]{40}))/);
      const request = { droplet: '7', runtime_info: properties.runtime_info, limits: { mem: 64, disk: 64, fds: 256 } };
      const hello = await waitFor(
        'a DEA with room',
        () => bus.ask(deaDiscover, request, { limitMs: 2_000 }).catch(() => undefined),
        { limitMs: 15_000 },
      );
      const isRegistered = new Promise<void>((done) => {
        scope.use(bus.subscribe(routerRegister, ({ uris }) => void (uris.includes('hello.localhost') && done())));
      });
      bus.publish(deaStartInstance.at(hello.id), {
        ...request,
        index: 0,
        name: 'hello',
        version: `${sha1}-1`,
        uris: ['hello.localhost'],
        sha1,
        executableFile: '???',
        executableUri: `${cc.url}${path}`,
        services: [],
        env: [],
      });
      await isRegistered;
      const ask = async () => {
        const answer = await call(`http://127.0.0.1:${routerPort}/`, { headers: { host: 'hello.localhost' } });
        return answer.status === 200 ? answer.text() : undefined;
      };
      assert.is(await waitFor('the app', ask, { limitMs: 15_000 }), 'hello from a part');

      assert.is(await readFile(join(files, 'var', 'dea.pid'), 'utf8'), `${dea.pid}\n`);
      for (const part of [dea, stager, router, cc, nats]) assert.is(await part.stop(), 0, part.said());
      assert.not(existsSync(join(files, 'var', 'dea.pid')));
      assert.equal(await readdir(join(files, 'var', 'dea', 'apps')), []);
    },
    { timeoutMs: 120_000 },
  );

  for (const signal of ['SIGTERM', 'SIGINT', 'SIGUSR2'] as const) {
    it(
      `finish what was taken when a stager gets ${signal}`,
      async (scope) => {
        const home = await emptyHome(scope);
        const { uri } = await startOpenBus(scope, home);
        const stager = await startPart(scope, home, ['stager', '--join', uri]);
        await stager.says(/Server running/);
        const bus = await connect(scope, uri);
        let release: () => void = () => {};
        const isAsked = new Promise<void>((asked) => {
          release = asked;
        });
        const slow = createServer((_, response) => {
          release();
          setTimeout(() => response.writeHead(404).end(), 300); // long enough for the stop to be under way
        });
        const port = await listen(slow, { host: '127.0.0.1', port: 0, who: 'The test' });
        scope.defer(() => void slow.close());
        const uriOf = (path: string) => `http://127.0.0.1:${port}/${path}`;
        const asking = bus.ask(
          staging,
          { download_uri: uriOf('app'), upload_uri: uriOf('droplet'), properties },
          { limitMs: 15_000 },
        );
        await isAsked;

        const code = await stager.stop(signal);

        assert.match((await asking).error ?? '', /^Staging task failed:\n Failed downloading app/);
        assert.is(code, 0);
      },
      { timeoutMs: 120_000 },
    );
  }

  it(
    'hand over the instances of a DEA that gets SIGUSR2',
    async (scope) => {
      const home = await emptyHome(scope);
      const { uri } = await startOpenBus(scope, home);
      const folder = await scratchDirectory(scope);
      const file = join(folder, 'dea.yml');
      const keys = ['runtimes: [node]', 'max_memory: 1024', 'multi_tenant: true', 'evacuation_delay: 0.2'];
      await writeFile(file, [`base_dir: ${folder}/dea`, `mbus: ${uri}`, ...keys, ''].join('\n'));
      const bus = await connect(scope, uri);
      const started = new Promise<string>((done) => {
        scope.use(bus.subscribe(deaStart, ({ id }) => done(id)));
      });
      await bus.flush();
      const dea = await startPart(scope, home, ['dea', '-c', file]);
      const id = await started;
      const runtime_info = { name: 'node', executable: 'node', version_output: '.' };
      await bus.ask(deaDiscover, { droplet: '9', runtime_info, limits: { mem: 64 } }, { limitMs: 15_000 });
      const droplet = await tarOf(scope, { startup: '#!/bin/bash\nsleep 60 &\necho $! >> run.pid\nwait $!\n' });
      const isRunning = new Promise<void>((done) => {
        scope.use(
          bus.subscribe(
            deaHeartbeat,
            ({ droplets }) => void (droplets.some(({ state }) => state === 'RUNNING') && done()),
          ),
        );
      });
      const reasons: string[] = [];
      scope.use(bus.subscribe(dropletExited, ({ reason }) => void reasons.push(reason)));
      bus.publish(deaStartInstance.at(id), {
        droplet: '9',
        index: 0,
        name: 'sleeper',
        version: 'abc-1',
        uris: [],
        sha1: 'abc',
        executableFile: droplet,
        executableUri: 'http://127.0.0.1:1/none',
        runtime_info,
        services: [],
      });
      await isRunning;

      const code = await dea.stop('SIGUSR2');
      await bus.flush();

      assert.equal([code, reasons], [0, ['DEA_EVACUATION']]);
    },
    { timeoutMs: 120_000 },
  );

  it(
    'are a cloud controller whose API is reached through a router',
    async (scope) => {
      const home = await emptyHome(scope);
      const { uri } = await startOpenBus(scope, home);
      const file = join(await scratchDirectory(scope), 'router.yml');
      await writeFile(file, `port: 0\nmbus: ${uri}\n`);
      const router = await startPart(scope, home, ['router', '-c', file]);
      const [, port = ''] = await router.says(/router listens host=127\.0\.0\.1 port=(\d+)/);
      const controller = await startPart(scope, home, ['cloud-controller', '--join', uri, '--domain', 'pi.lan']);

      const root = async () => {
        const answer = await call(`http://127.0.0.1:${port}/v3`, { headers: { host: 'api.pi.lan' } });
        const text = await answer.text();
        return answer.status === 200 ? text : undefined;
      };
      assert.match(await waitFor('the API', root, { limitMs: 15_000 }), '/v3/apps');
      assert.is(await controller.stop(), 0, controller.said());
    },
    { timeoutMs: 120_000 },
  );
});
