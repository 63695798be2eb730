import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { componentDiscover } from '#contract/discovery.ts';
import { routerRegister } from '#contract/routes.ts';
import { call } from '#ground/http-client.ts';
import { processTable } from '#ground/processes.ts';
import { waitFor } from '#ground/wait.ts';
import { ask, serveApp } from '../components/router/support.ts';
import { startBus } from '../support/bus.ts';
import { startPart } from '../support/parts.ts';
import { scratchDirectory } from '../support/scratch.ts';
import { describe, type Scope } from '../support/spec.ts';

const workers = 2;

describe(
  'a router of several processes',
  (it) => {
    it('is one router to others: one page of figures, one file of lines, one announcement', async (scope) => {
      const { bus, port, home, first, asked, answered } = await openWorkers(scope);
      const count = 200;

      const answers = await Promise.all(Array.from({ length: count }, () => ask(port, 'hello.localhost')));
      const routers = await bus.askMany(componentDiscover, null, { limitMs: 500 });

      assert.ok(answers.every(({ status }) => status === 200));
      const announced = routers.filter(({ type }) => type === 'Router');
      assert.is(announced.length, 1);
      const figures = async () => {
        const { host = '', credentials } = announced[0] ?? {};
        const [user, password] = credentials ?? [];
        const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
        const text = await (await call(`http://${host}/metrics`, { headers: { authorization } })).text();
        const counted = /requests_total\{app="guid",code="2xx"\} (\d+)/.exec(text)?.[1];
        return counted === String(answered + count) || undefined;
      };
      await waitFor('each request to be counted once', figures, { limitMs: 15_000 });
      const lines = async () => {
        const text = await readFile(join(home, 'access.log'), 'utf8').catch(() => '');
        const whole = text.trim().split('\n');
        return whole.length === asked + count ? whole : undefined;
      };
      const whole = await waitFor('a line for each request', lines, { limitMs: 15_000 });
      assert.is(whole.filter((line) => JSON.parse(line).status === 200).length, answered + count);
      assert.is((await workersOf(first.pid)).length, workers);
    });

    it('starts a process again that ends, while the others serve', async (scope) => {
      const { port, first } = await openWorkers(scope);
      const [victim = 0] = await workersOf(first.pid);

      process.kill(victim, 'SIGKILL');
      const meanwhile = await Promise.all(Array.from({ length: 50 }, () => ask(port, 'hello.localhost')));
      const again = async () => {
        const pids = await workersOf(first.pid);
        return (pids.length === workers && !pids.includes(victim)) || undefined;
      };
      await waitFor('a new worker', again, { limitMs: 15_000 });

      assert.ok(meanwhile.every(({ status }) => status === 200));
    });

    it('leaves no process behind when it stops, nor when the first is killed', async (scope) => {
      for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
        const { first } = await openWorkers(scope);
        const pids = await workersOf(first.pid);

        await first.stop(signal);
        const gone = async () => {
          const table = await processTable();
          return pids.every((pid) => !table.some((each) => each.pid === pid)) || undefined;
        };

        await waitFor(`the end of all after ${signal}`, gone, { limitMs: 15_000 });
        assert.is(pids.length, workers);
      }
    });
  },
  { timeoutMs: 120_000 },
);

/** A router with workers that all serve, and an app. */
async function openWorkers(scope: Scope) {
  const { bus, address } = await startBus(scope);
  const home = await scratchDirectory(scope);
  const app = await serveApp(scope, (_, response) => response.end('hello'));
  const message = { host: '127.0.0.1', port: app, uris: ['hello.localhost'], app: 'guid' };
  const again = setInterval(() => bus.publish(routerRegister, message), 50); // as DEAs do, for whoever comes late
  scope.defer(() => clearInterval(again));
  const config = join(home, 'router.yml');
  await writeFile(config, `port: 0\ninet: 127.0.0.1\naccess_log:\n  file: ${join(home, 'access.log')}\n`);
  const uri = address.url.replace('nats://', `nats://${address.user}:${address.password}@`);
  const options = ['-c', config, '--join', uri, '--router-workers', String(workers + 1)];
  const first = await startPart(scope, home, ['router', ...options]);
  const [, port = ''] = await first.says(/router listens .*port=(\d+)/);
  await first.says(/worker serves[\s\S]*worker serves/);
  let asked = 0;
  let answered = 0;
  const known = async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(Number(port), 'hello.localhost')));
    asked += answers.length;
    const good = answers.filter(({ status }) => status === 200).length;
    answered += good;
    return good === answers.length || undefined;
  };
  await waitFor('all to know the route', known, { limitMs: 15_000 });
  return { bus, home, port: Number(port), first, asked, answered };
}

async function workersOf(pid: number): Promise<number[]> {
  return (await processTable()).filter((each) => each.parentPid === pid).map((each) => each.pid);
}
