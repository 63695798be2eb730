import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { listen } from '#ground/ports.ts';
import { startBus } from '../support/bus.ts';
import { emptyHome, environmentOf, runCommand } from '../support/localpaas.ts';
import { startOpenBus, startPart } from '../support/parts.ts';
import { scratchDirectory } from '../support/scratch.ts';
import { describe, type Scope } from '../support/spec.ts';

async function run(scope: Scope, args: readonly string[]) {
  return runCommand(args, await environmentOf(await emptyHome(scope)));
}

describe('parts that cannot start', (it) => {
  it('say how to show who they are to a bus that wants to know', async (scope) => {
    const { address } = await startBus(scope);

    const refused = await run(scope, ['stager', '--join', address.url]);

    assert.is(refused.code, 1);
    assert.match(refused.err, `Could not connect to server on ${address.url}\n`);
    assert.match(refused.err, 'nats://user:password@host:port');
  });

  it(
    'wait for a bus that comes later, and say as the originals do when there is none',
    async (scope) => {
      const home = await emptyHome(scope);
      const spare = createServer();
      const port = await listen(spare, { host: '127.0.0.1', port: 0, who: 'The test' });
      await new Promise((done) => spare.close(done));
      const uri = `nats://127.0.0.1:${port}`;

      const none = await run(scope, ['stager', '--join', `nats://me:secret@127.0.0.1:${port}`]);
      assert.is(none.code, 1);
      const shown = `nats://me:***@127.0.0.1:${port}`;
      assert.match(none.err, `EXITING! NATS error: Could not connect to server on ${shown}\n`);
      assert.match(none.err, '`localpaas nats`');

      const stager = await startPart(scope, home, ['stager', '--join', uri, '--wait', '20']);
      await startPart(scope, home, ['nats', '--port', String(port)]);
      await stager.says(/Subscribed to staging/);
      const second = await run(scope, ['nats', '--port', String(port)]);
      assert.is(second.code, 4);
      assert.match(second.err, '--port');
    },
    { timeoutMs: 120_000 },
  );

  it(
    'end with 1 when they are not configured well, in the words of the originals',
    async (scope) => {
      const folder = await scratchDirectory(scope);
      const file = async (name: string, text: string) => {
        await writeFile(join(folder, name), text);
        return join(folder, name);
      };
      const stagerFile = await file('stager.yml', 'logging:\n  level: info\nqueues: staging\nsecure: 7\n');
      const cases: [string[], RegExp][] = [
        [
          ['stager', '-c', stagerFile],
          /^ERROR: There was a problem validating the supplied config: \{ .*nats_uri => Missing key/,
        ],
        [['stager', '-c', join(folder, 'none.yml')], /^ERROR: Failed loading config from file '.*none\.yml': /],
        [['dea'], /^ERROR: The location of the config file was not specified/],
        [['router', '-c', await file('router.yml', 'port: 70000\n')], /^ERROR: .*port => /],
        [['health-manager', '-c', await file('hm.yml', '{')], /^ERROR: Failed loading config/],
        [
          ['router', '-c', await file('log.yml', 'logging: {file: /proc/none/x.log}\n')],
          /^ERROR: Failed to open the log/,
        ],
        [['cloud-controller', '--join', 'nats://127.0.0.1:1', '--domain', 'Bad_Domain'], /must be a domain name/],
        [['cloud-controller', '--router', 'ftp://127.0.0.1:1'], /--router cannot be 'ftp:.*\n.*http:\/\/host:port/],
        [['log-cache', '--domain', 'Bad_Domain'], /must be a domain name/],
        [['router', '--join', 'http://127.0.0.1:1'], /is no address of a message bus/],
      ];
      for (const [args, expected] of cases) {
        const { code, err } = await run(scope, args);
        assert.is(code, ['cloud-controller', 'log-cache'].includes(args[0] ?? '') ? 2 : 1, `${args.join(' ')}: ${err}`);
        assert.match(err, expected);
      }
    },
    { timeoutMs: 120_000 },
  );

  it(
    'are not started twice with one pid file',
    async (scope) => {
      const home = await emptyHome(scope);
      const { uri } = await startOpenBus(scope, home);
      const folder = await scratchDirectory(scope);
      const pidFile = join(folder, 'stager.pid');
      const text = `logging: {level: info}\nnats_uri: ${uri}\nmax_staging_duration: 60\nmax_active_tasks: 1\nqueues: [staging]\nsecure: false\npid_filename: ${pidFile}\n`;
      await writeFile(join(folder, 'stager.yml'), text);
      const first = await startPart(scope, home, ['stager', '-c', join(folder, 'stager.yml')]);
      await first.says(/Server running/);

      const second = await run(scope, ['stager', '-c', join(folder, 'stager.yml')]);

      assert.is(second.code, 1);
      assert.match(second.err, `ERROR: Can't create stager pid file ${pidFile}`);
      assert.is(await readFile(pidFile, 'utf8'), `${first.pid}\n`);
    },
    { timeoutMs: 120_000 },
  );
});
