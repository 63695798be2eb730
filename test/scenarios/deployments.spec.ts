import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { waitFor } from '#ground/wait.ts';
import { assertAllServed, visitAll } from '../support/installed.ts';
import { type Localpaas, startLocalpaas } from '../support/localpaas.ts';
import { scratchDirectory } from '../support/scratch.ts';
import { describe, type Scope } from '../support/spec.ts';

const megabyte = 1024 * 1024;

describe('a new version of an app', (it) => {
  it(
    'takes over while every request is served, whatever makes it new; and comes back by a rollback',
    async (scope) => {
      const { paas, folder } = await pushed(scope, serving('one'));
      const visitors = visitAll(scope, paas, 'app');

      await writeVersion(folder, serving('two'));
      await paas.ok(['push', folder]);
      assert.is((await paas.get('app')).body, 'two');
      assert.match(await paas.ok(['set-env', 'app', 'GREETING', 'hello']), /GREETING of app is set/);
      assert.is((await paas.get('app', '/greeting')).body, 'hello');
      await paas.ok(['restage', 'app']);
      await paas.ok(['restart', 'app']);
      await paas.ok(['scale', 'app', '-m', '96M', '-i', '2']);
      await paas.ok(['rollback', '--to', '1'], { cwd: folder });
      assert.is((await paas.get('app')).body, 'one');
      assert.is((await paas.get('app', '/greeting')).body, 'none', 'its variables come back as well');
      await paas.ok(['rollback', 'app']);
      assert.is((await paas.get('app')).body, 'two', 'and a rollback can be undone');

      assertAllServed(await visitors.stop());
      const revisions = JSON.parse(await paas.ok(['revisions', 'app', '--json'])) as Record<string, unknown>[];
      assert.equal(
        revisions.map(({ revision, description, deployed }) => [revision, description, deployed]).reverse(),
        [
          [1, 'Initial revision.', false],
          [2, 'New droplet deployed.', false],
          [3, 'New environment variables deployed.', false],
          [4, 'New droplet deployed.', false],
          [5, 'New limits or health checks deployed.', false],
          [6, 'Rolled back to revision 1.', false],
          [7, 'Rolled back to revision 5.', true],
        ],
      );
    },
    { timeoutMs: 180_000 },
  );

  it(
    'that is broken is stopped, and nobody notices but who pushed it',
    async (scope) => {
      const { paas, folder } = await pushed(scope, serving('good'));
      const visitors = visitAll(scope, paas, 'app');
      const pid = await pidOf(paas);
      const broken = {
        'does not parse': ['console.log("almost"); this is no program', /SyntaxError/],
        'ends before it listens': ['process.exit(7)', /exited with status 7/],
        'dies in its first seconds': [
          `${serving('bad')}\nsetTimeout(() => process.exit(3), 600);`,
          /exited with status 3/,
        ],
      } as const;

      for (const [name, [program, message]] of Object.entries(broken)) {
        await writeVersion(folder, program);
        const { code, err } = await paas.run(['push', folder]);
        assert.is(code, 1, `${name}: ${err}`);
        assert.match(err, message, name);
        assert.match(err, /app was not changed: .*What ran before goes on\./s, name);
        assert.equal(await bodiesOf(paas, 3), ['good', 'good', 'good'], name);
      }

      assert.is(await pidOf(paas), pid, 'the old version never noticed');
      await writeVersion(folder, serving('mended'));
      await paas.ok(['push', folder]);
      assertAllServed(await visitors.stop());
      assert.is((await paas.get('app')).body, 'mended');
    },
    { timeoutMs: 180_000 },
  );

  it(
    'runs what is due by the clock when it serves, not before',
    async (scope) => {
      const { paas, folder } = await pushed(scope, serving('one'));
      const began = join(await scratchDirectory(scope), 'began');
      const lines = async () => (await readFile(began, 'utf8').catch(() => '')).split('\n').slice(0, -1);
      const crontab = `name: app\nframework: node\nmem: 64\ncron: ["@reboot cat version >> ${began}"]\n`;
      await writeFile(join(folder, 'stackato.yml'), crontab);

      await writeFile(join(folder, 'version'), 'broken\n');
      await writeVersion(folder, 'setTimeout(() => process.exit(7), 2_500)');
      assert.is((await paas.run(['push', folder])).code, 1);
      assert.equal(await lines(), [], 'this one never served');

      for (const version of ['two', 'three']) {
        await writeFile(join(folder, 'version'), `${version}\n`);
        await writeVersion(folder, serving(version));
        await paas.ok(['push', folder]);
        const look = async () => ((await lines()).includes(version) ? true : undefined);
        await waitFor(`what ${version} does at its start`, look, { limitMs: 20_000 });
      }
      assert.equal(await lines(), ['two', 'three']);
    },
    { timeoutMs: 90_000 },
  );

  it(
    'waits for requests that are under way, and where there is no room for two the other strategy helps',
    async (scope) => {
      const { paas, folder } = await pushed(scope, serving('old'), tooLargeForTwo());
      await writeVersion(folder, serving('new'));

      const refused = await paas.run(['push', folder]);
      assert.is(refused.code, 1);
      assert.match(refused.err, /memory|room/);
      assert.match(refused.err, /--strategy in-place/);
      assert.is((await paas.get('app')).body, 'old');

      const slow = paas.get('app', '/slow');
      await paas.ok(['push', folder, '--strategy', 'in-place']);
      assert.is((await paas.get('app')).body, 'new');
      assert.ok([200, 502].includes((await slow).status), 'the old version had to go first');
    },
    { timeoutMs: 120_000 },
  );

  it(
    'lets a slow answer of the old one come to its end',
    async (scope) => {
      const { paas, folder } = await pushed(scope, serving('old'));
      await writeVersion(folder, serving('new'));
      const slow = paas.get('app', '/slow');

      await paas.ok(['push', folder]);

      assert.is((await paas.get('app')).body, 'new');
      assert.equal(await slow, { status: 200, body: 'old, slowly' });
    },
    { timeoutMs: 120_000 },
  );
});

/** A program that says which version it is. */
function serving(version: string): string {
  return `
const { createServer } = require('node:http');
createServer((request, response) => {
  if (request.url === '/greeting') response.end(process.env.GREETING ?? 'none');
  else if (request.url !== '/slow') response.end('${version}');
  else setTimeout(() => response.end('${version}, slowly'), 4_000);
}).listen(process.env.PORT);
`;
}

async function writeVersion(folder: string, program: string): Promise<void> {
  await writeFile(join(folder, 'app.js'), program);
}

/** More than half of the memory that there is to be given away. */
function tooLargeForTwo(): string {
  return `${Math.floor((totalmem() / megabyte) * 0.6)}M`;
}

async function pushed(scope: Scope, program: string, memory = '64M') {
  const folder = join(await scratchDirectory(scope), 'app');
  await mkdir(folder);
  await writeFile(join(folder, 'package.json'), '{"name":"app","main":"app.js"}');
  await writeVersion(folder, program);
  const paas = await startLocalpaas(scope);
  await paas.ok(['push', folder, '-m', memory]);
  return { paas, folder };
}

async function pidOf(paas: Localpaas): Promise<number | undefined> {
  const app = JSON.parse(await paas.ok(['app', 'app', '--json'])) as { instances: { pid?: number }[] };
  return app.instances[0]?.pid;
}

async function bodiesOf(paas: Localpaas, count: number): Promise<string[]> {
  const bodies: string[] = [];
  for (let at = 0; at < count; at += 1) bodies.push((await paas.get('app')).body);
  return bodies;
}
