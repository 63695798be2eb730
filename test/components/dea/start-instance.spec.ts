import { execFileSync } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as passed } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { deaStop } from '#contract/dea.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe } from '../../support/spec.ts';
import {
  dropletOf,
  exitOf,
  fixtureDroplet,
  linesOf,
  openDea,
  requestFor,
  serveDroplets,
  start,
  startRunning,
  stateIn,
  untilNothingIsLeft,
} from './support.ts';

const environmentAt = async (port: number) =>
  (await (await fetch(`http://127.0.0.1:${port}/`)).json()) as Record<string, string>;

describe('starting an instance', (it) => {
  it('brings the app up with its environment, and with nothing of the platform', async (scope) => {
    const dea = await openDea(scope);
    const big = 'ü'.repeat(50_000);
    const env = [`BIG=${big}`, `QUOTES='a' "b" \`c\` $(d) \\e`, 'LINES=one\ntwo'];

    const { port } = await startRunning(dea, requestFor(await fixtureDroplet(scope, 'echo-env'), { env }));

    const seen = await environmentAt(port);
    assert.is(seen['BIG'], big);
    assert.is(seen['QUOTES'], `'a' "b" \`c\` $(d) \\e`);
    assert.is(seen['LINES'], 'one\ntwo');
    assert.is(seen['PORT'], String(port));
    assert.ok(seen['PATH']?.endsWith(join(dea.dataDir, 'bin')));
    const foreign = Object.keys(seen).filter(
      (name) => name in process.env && !/^(PATH|HOME|LANG|PWD|OLDPWD|SHLVL|_|TMPDIR)$/.test(name),
    );
    assert.equal(foreign, []);
  });

  it('gives each instance a directory and a port of its own, outside the ports of outgoing connections', async (scope) => {
    const dea = await openDea(scope);
    const droplet = await fixtureDroplet(scope, 'echo-env');
    const requests = [0, 1, 2].map((index) =>
      requestFor(droplet, { droplet: `app-${index}`, name: '../../a b', index }),
    );

    const instances = await Promise.all(requests.map((request) => startRunning(dea, request)));

    const range = (await readFile('/proc/sys/net/ipv4/ip_local_port_range', 'utf8')).split(/\s+/).map(Number);
    const ports = instances.map(({ port }) => port);
    assert.is(new Set(ports).size, 3);
    assert.ok(ports.every((port) => port < (range[0] ?? 0) || port > (range[1] ?? 0)));
    assert.equal(
      (await readdir(join(dea.dataDir, 'instances'))).sort(),
      instances.map(({ instance }, index) => `__.._a_b-${index}-${instance}`).sort(),
    );
  });

  it('passes the port to startup as 2012 did, and its runtime', async (scope) => {
    const dea = await openDea(scope);
    const droplet = await dropletOf(scope, 'sh -c \'echo "$0 $@"; exec sleep 60\' %VCAP_LOCAL_RUNTIME% "$@"');

    start(dea, requestFor(droplet, { droplet: 'app', health_check: { type: 'process' } }));
    await dea.logs.first(({ source_type }) => source_type === 'APP/PROC/WEB');

    assert.match(linesOf(dea, 'app', 'APP/PROC/WEB')[0] ?? '', /^\/\S+\/node -p \d+$/);
  });

  it('counts an app without routes as running at once, without a port', async (scope) => {
    const dea = await openDea(scope);
    const request = requestFor(await dropletOf(scope, 'sh -c \'echo "args:$*:$PORT:"; exec sleep 60\' x "$@"'), {
      uris: [],
    });

    start(dea, request);
    await dea.heartbeats.first((message) => stateIn(message, request) === 'RUNNING');
    await dea.logs.first(({ source_type }) => source_type === 'APP/PROC/WEB');

    assert.equal(linesOf(dea, request.droplet, 'APP/PROC/WEB'), ['args:::']);
    assert.equal(dea.registered.messages, []);
  });

  it('gives an app without routes a port when its health check asks for one', async (scope) => {
    const dea = await openDea(scope);
    const request = requestFor(await fixtureDroplet(scope, 'echo-env'), { uris: [], health_check: { type: 'port' } });

    start(dea, request);

    await dea.heartbeats.first((message) => stateIn(message, request) === 'RUNNING');
  });

  it('waits for the endpoint of an http check', async (scope) => {
    const dea = await openDea(scope);
    const droplet = await fixtureDroplet(scope, 'echo-request');
    const check = (endpoint: string) => ({ type: 'http', endpoint, timeout: 1 }) as const;

    await startRunning(dea, requestFor(droplet, { health_check: check('/') }));
    const refused = requestFor(droplet, { health_check: check('/?status=503') });
    start(dea, refused);

    const { exit_description: why } = await exitOf(dea, refused.droplet);
    assert.match(why ?? '', 'within 1 s; it listens, but `GET /?status=503` was not answered with 200');
  });

  it('lets an app call python, where there is only python3', async (scope) => {
    const python3 = execFileSync('python3', ['-c', 'import sys; print(sys.executable)']).toString().trim();
    const directory = await scratchDirectory(scope);
    await writeFile(join(directory, 'python3'), `#!/bin/sh\nexec ${python3} "$@"\n`, { mode: 0o755 });
    for (const name of ['sh', 'bash', 'mkdir', 'sleep']) {
      await writeFile(join(directory, name), `#!/bin/sh\nexec /bin/${name} "$@"\n`, { mode: 0o755 });
    }
    const dea = await openDea(scope, { path: directory });
    const request = requestFor(await dropletOf(scope, 'python -c "print(42)"'), { uris: [] });

    start(dea, request);
    await exitOf(dea, request.droplet);

    assert.equal(linesOf(dea, request.droplet, 'APP/PROC/WEB'), ['42']);
  });

  it('sets the limit of open files', async (scope) => {
    const dea = await openDea(scope);
    const request = requestFor(await dropletOf(scope, "sh -c 'ulimit -n; exec sleep 60'"), {
      uris: [],
      limits: { mem: 64, disk: 64, fds: 77 },
    });

    start(dea, request);
    await dea.logs.first(({ source_type }) => source_type === 'APP/PROC/WEB');

    assert.equal(linesOf(dea, request.droplet, 'APP/PROC/WEB'), ['77']);
  });

  it('downloads a droplet once for instances that start together', async (scope) => {
    const dea = await openDea(scope);
    const droplet = await fixtureDroplet(scope, 'echo-env');
    const { url, asked } = await serveDroplets(scope, { '/droplet': droplet.path });
    const requests = [0, 1, 2].map((index) =>
      requestFor(droplet, { droplet: 'app', index, executableFile: '', executableUri: url('/droplet') }),
    );

    await Promise.all(requests.map((request) => startRunning(dea, request)));

    assert.is(asked.get('/droplet'), 1);
    assert.equal(await readdir(join(dea.dataDir, 'staged')), [`${droplet.sha1}.tgz`]);
  });

  it('can be called off while it is under way', async (scope) => {
    const dea = await openDea(scope);
    const server = createServer((socket) => socket.on('error', () => {}).resume()); // accepts, and never answers
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    scope.defer(() => new Promise((resolve) => server.close(resolve)));
    const { port } = server.address() as { port: number }; // an object for a server on a port
    const downloading = requestFor({ path: '', sha1: 'abc' }, { executableUri: `http://127.0.0.1:${port}/` });
    const coming = requestFor(await fixtureDroplet(scope, 'never-listens'));
    start(dea, downloading);
    start(dea, coming);
    await passed(150);

    for (const { droplet } of [downloading, coming]) dea.bus.publish(deaStop, { droplet });

    assert.is((await exitOf(dea, downloading.droplet)).reason, 'STOPPED');
    assert.is((await exitOf(dea, coming.droplet)).reason, 'STOPPED');
    await untilNothingIsLeft(dea);
  });
});
