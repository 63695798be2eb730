import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { checkDisk, checkHome } from '#cli/doctor/check-home.ts';
import { checkNode, checkProxy, checkSystem, isolationLevel } from '#cli/doctor/check-machine.ts';
import { checkPort } from '#cli/doctor/check-ports.ts';
import { checkNatsServer, checkRuntimes } from '#cli/doctor/check-programs.ts';
import { checkStaging } from '#cli/doctor/check-staging.ts';
import { listen } from '#ground/ports.ts';
import { freePort } from '../../support/free-port.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe, type Scope } from '../../support/spec.ts';
import { runCli } from '../run-cli.ts';

async function takenPort(scope: Scope): Promise<number> {
  const server = createServer();
  const port = await listen(server, { host: '127.0.0.1', port: 0, who: 'The test' });
  scope.defer(() => new Promise((resolve) => server.close(resolve)));
  return port;
}

describe('doctor', (it) => {
  it('tells about this machine', () => {
    const { found } = checkSystem();
    assert.match(found, process.platform);
    assert.match(found, process.arch);
    assert.match(isolationLevel().found, /^Level 0: /);
  });

  it('says which level staging has, and what would give it more', async () => {
    const { result, found, remedy } = await checkStaging();
    if (result === 'ok')
      assert.match(found, /^Level 2, by (?:bubblewrap|unshare): .* no boundary against hostile code/);
    else assert.match(`${found} ${remedy}`, /^Level 0: .* run as you.* \S+\.$/);
  });

  it('wants a Node that is new enough', () => {
    assert.is(checkNode('20.11.0').result, 'ok');
    assert.is(checkNode('24.0.1').result, 'ok');
    assert.is(checkNode('20.9.0').result, 'problem');
    assert.match(checkNode('18.20.0').remedy ?? '', /20\.11/);
  });

  it('knows a proxy that stands in the way', () => {
    assert.is(checkProxy({}, 'localhost').result, 'ok');
    assert.is(checkProxy({ http_proxy: '' }, 'localhost').result, 'ok');
    assert.is(checkProxy({ HTTP_PROXY: 'http://p', NO_PROXY: 'x, .localhost' }, 'localhost').result, 'ok');
    const inTheWay = checkProxy({ http_proxy: 'http://p', no_proxy: 'localhost.example' }, 'localhost');
    assert.is(inTheWay.result, 'warning');
    assert.is(inTheWay.remedy, 'Set NO_PROXY=localhost,127.0.0.1.');
  });

  it('knows whether a home can be written or made', async (scope) => {
    const folder = await scratchDirectory(scope);
    await writeFile(join(folder, 'file'), '');

    assert.is((await checkHome(folder)).found, `${folder} can be written.`);
    assert.is((await checkHome(join(folder, 'a/b'))).found, `${join(folder, 'a/b')} can be made.`);
    for (const bad of [join(folder, 'file'), join(folder, 'file/below')]) {
      const { result, remedy } = await checkHome(bad);
      assert.is(result, 'problem', bad);
      assert.match(remedy ?? '', /LOCALPAAS_HOME/);
    }
  });

  it('tells what localpaas uses, by owner, the largest first', async (scope) => {
    const home = await scratchDirectory(scope);
    await mkdir(join(home, 'dea/instances'), { recursive: true });
    await mkdir(join(home, 'logs'));
    await writeFile(join(home, 'dea/instances/big'), Buffer.alloc(300 * 1024));
    await writeFile(join(home, 'logs/small'), Buffer.alloc(8 * 1024));

    const { found } = await checkDisk(home);

    assert.match(found, /^[\d.]+[KMGT] free; localpaas uses \d+K \(dea 3\d\dK, logs 1?\d(\.\d)?K\)\.$/);
    assert.match((await checkDisk(join(home, 'none'))).found, /localpaas uses 0B\.$/);
  });

  it('names the program that holds a port, and how to choose another', async (scope) => {
    const port = await takenPort(scope);

    const taken = await checkPort('router', port, undefined);
    assert.is(taken.result, 'problem');
    assert.match(taken.found, new RegExp(`listens on port ${port}\\.$`));
    assert.match(taken.remedy ?? '', /localpaas up --port PORT/);
    assert.is((await checkPort('bus', await freePort(), undefined)).result, 'ok');
  });

  it('knows a port that is taken by localpaas itself', async (scope) => {
    const port = await takenPort(scope);
    const url = `http://127.0.0.1:${port}`;
    const platform = { pid: 7, startedAt: '', url, domain: 'localhost', version: '1', bus: url, natsServerPid: 8 };

    assert.is((await checkPort('router', port, platform)).found, `localpaas (pid 7) listens on port ${port}.`);
    assert.is((await checkPort('bus', port, platform)).result, 'ok');
  });

  it('looks for nats-server where it is told to', async () => {
    const { result, found, remedy } = await checkNatsServer({ LOCALPAAS_NATS_SERVER: '/no/such/nats-server' });

    assert.is(result, 'problem');
    assert.match(found, '/no/such/nats-server');
    assert.ok((remedy ?? '').length > 0);
  });

  it('tells of each runtime which it is, or how to get it', async (scope) => {
    const folder = await scratchDirectory(scope);
    await writeFile(join(folder, 'ruby'), '#!/bin/sh\necho "ruby 9.8.7p6 (2026) [here]"\n', { mode: 0o755 });
    await writeFile(join(folder, 'php'), '#!/bin/sh\necho broken >&2; exit 3\n', { mode: 0o755 });
    await writeFile(join(folder, 'java'), '#!/bin/sh\necho \'openjdk version "99.1" 2026\' >&2\n', { mode: 0o755 });

    const findings = new Map((await checkRuntimes({ PATH: folder })).map((each) => [each.check, each]));

    assert.equal([...findings.keys()], ['ruby', 'node', 'python', 'php', 'java']);
    assert.is(findings.get('ruby')?.found, `ruby 9.8.7p6: ${join(folder, 'ruby')}.`);
    assert.is(findings.get('java')?.found, `openjdk version "99.1" 2026: ${join(folder, 'java')}.`);
    assert.is(findings.get('php')?.result, 'warning');
    assert.match(
      findings.get('php')?.found ?? '',
      /is there but does not run: `.*php --version` ended with status 3\./,
    );
  });

  it(
    'prints all findings, and exits with 4 when there is a problem',
    async (scope) => {
      const home = await scratchDirectory(scope);
      const [free, taken] = [await freePort(), await takenPort(scope)];

      const broken = await runCli(['doctor', '--port', String(taken)], { home });
      assert.is(broken.exitCode, 4, broken.output);
      assert.match(
        broken.output,
        /^problem {2}router port .*\n +Stop it, or start with `localpaas up --port PORT`\.$/m,
      );
      assert.match(broken.output, /\nlocalpaas cannot run here: \d problems?\.\n$/);

      const asJson = JSON.parse((await runCli(['doctor', '--json', '--port', String(free)], { home })).output);
      assert.is(asJson.home, home);
      const results = new Map(
        asJson.checks.map((each: { check: string; result: string }) => [each.check, each.result]),
      );
      for (const check of ['system', 'node', 'nats-server', 'home', 'router port', 'isolation']) {
        assert.is(results.get(check), 'ok', check);
      }
    },
    { timeoutMs: 120_000 },
  );
});
