import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { signalProcess } from '#ground/child.ts';
import { waitFor } from '#ground/wait.ts';
import { type Localpaas, startLocalpaas } from '../support/localpaas.ts';
import { scratchDirectory } from '../support/scratch.ts';
import { describe, type Scope } from '../support/spec.ts';

async function folderWith(scope: Scope, name: string, files: Readonly<Record<string, string>>): Promise<string> {
  const folder = join(await scratchDirectory(scope), name);
  await mkdir(folder);
  for (const [file, text] of Object.entries(files)) await writeFile(join(folder, file), text);
  return folder;
}

function untilLogged(paas: Localpaas, app: string, line: RegExp): Promise<true> {
  const look = async () => (line.test(await paas.ok(['logs', app, '--recent'])) ? true : undefined);
  return waitFor(`a line like ${line}`, look, { limitMs: 20_000 });
}

/** Answers with what hooks left, and what it sees of its environment. */
const server = `const { readFileSync } = require('node:fs');
const { BOTH, BUILD, RUN } = process.env;
require('node:http')
  .createServer((_, response) => response.end(readFileSync('made.txt') + [BOTH, BUILD, RUN].join(',')))
  .listen(process.env.PORT);`;

const stackato = `name: hooked
mem: 64
framework: node
env:
  BOTH: { default: both }
  BUILD: { default: build, scope: staging }
  RUN: { default: run, scope: runtime }
hooks:
  pre-staging: echo "pre-staging of $STACKATO_APP_NAME $BOTH,$BUILD,$RUN" >> made.txt
  post-staging:
  - echo "post-staging" >> made.txt
  - cat made.txt
  pre-running: echo "pre-running $CF_INSTANCE_INDEX $BOTH,$BUILD,$RUN" >> made.txt
cron:
- "@reboot echo cron in $(ls app.js)"
`;

/** Keeps its port in a file, and says its pid to who asks. */
const sidecar = `const server = require('node:http').createServer((_, response) => response.end(String(process.pid)));
server.listen(0, '127.0.0.1', () => require('node:fs').writeFileSync('cache.port', String(server.address().port)));
console.log('the cache is there for ' + process.env.COLOUR);`;
/** Answers with nothing while its sidecar is not there. */
const asking = `const { readFileSync } = require('node:fs');
const ask = async () => (await fetch('http://127.0.0.1:' + readFileSync('cache.port', 'utf8'))).text();
require('node:http')
  .createServer(async (_, response) => response.end(await ask().catch(() => '')))
  .listen(process.env.PORT);`;

/** @param buildpack that makes the droplet */
const manifest = (buildpack: string) => `applications:
- name: beside
  memory: 128M
  buildpack: ${buildpack}
  env: { COLOUR: green }
  sidecars:
  - { name: cache, process_types: [web], command: exec node cache.js, memory: 48M }
`;

describe('an app with hooks', (it) => {
  it(
    'has them run around its staging and its start',
    async (scope) => {
      const paas = await startLocalpaas(scope);
      const files = { 'app.js': server, 'stackato.yml': stackato };

      const { code, out, err } = await paas.run(['push', await folderWith(scope, 'hooked', files)]);

      assert.is(code, 0, err);
      const said = out + err;
      assert.match(said, /Hook pre-staging: echo "pre-staging of/);
      assert.not.match(said, /run by nothing/);
      assert.equal((await paas.get('hooked')).body.split('\n'), [
        'pre-staging of hooked both,build,',
        'post-staging',
        'pre-running 0 both,,run',
        'both,,run',
      ]);
      await untilLogged(paas, 'hooked', /\[APP\/PROC\/WEB\/SIDECAR\/CRON\/0\] OUT cron in app\.js/);

      const broken = stackato.replace('echo "pre-running', 'echo "no database" >&2; exit 4; echo "pre-running');
      const push = await paas.run(['push', await folderWith(scope, 'hooked', { ...files, 'stackato.yml': broken })]);
      assert.is(push.code, 1);
      assert.match(push.err + push.out, /no database/);
      assert.match(push.err + push.out, /The hook pre-running failed with status 4/);
    },
    { timeoutMs: 120_000 },
  );

  it(
    'is not staged when one of them fails, or could not be understood',
    async (scope) => {
      const paas = await startLocalpaas(scope);
      const broken = 'name: hooked\nframework: node\nhooks: { pre-staging: "echo oh no; exit 3" }\n';
      const timed = 'name: hooked\nframework: node\ncron: ["61 * * * * true"]\n';
      const push = async (text: string) =>
        paas.run(['push', await folderWith(scope, 'hooked', { 'app.js': server, 'stackato.yml': text })]);

      const failed = await push(broken);
      const refused = await push(timed);

      assert.is(failed.code, 1);
      assert.match(failed.err, /The hook pre-staging failed with exit status 3: echo oh no; exit 3\. Mend/);
      assert.is.not(refused.code, 0);
      assert.match(refused.err, /The cron line '61 \* \* \* \* true' cannot be understood: '61' is no minute/);
    },
    { timeoutMs: 120_000 },
  );
});

describe('an app with a sidecar', (it) => {
  for (const [by, buildpack] of [
    ['a buildpack', 'procfile'],
    ['a framework plugin', 'default'],
  ] as const) {
    it(
      `reaches it on the same machine, and is started again when it dies: made by ${by}`,
      async (scope) => {
        const paas = await startLocalpaas(scope);
        const folder = await folderWith(scope, 'beside', {
          'app.js': asking,
          'cache.js': sidecar,
          ...(buildpack === 'procfile' ? { Procfile: 'web: node app.js\n' } : {}),
          'manifest.yml': manifest(buildpack),
        });

        await paas.ok(['push', folder]);

        const sidecarPid = async () => Number((await paas.get('beside')).body);
        const first = await waitFor('the sidecar', async () => (await sidecarPid()) || undefined, { limitMs: 20_000 });
        await untilLogged(paas, 'beside', /\[APP\/PROC\/WEB\/SIDECAR\/CACHE\/0\] OUT the cache is there for green/);
        signalProcess(first, 'SIGKILL');
        const next = async () => {
          const pid = await sidecarPid().catch(() => first);
          return pid > 0 && pid !== first ? pid : undefined;
        };
        await waitFor('another sidecar', next, { limitMs: 20_000 });
        await untilLogged(paas, 'beside', /was ended, for its sidecar 'cache' was ended by the signal SIGKILL/);
      },
      { timeoutMs: 120_000 },
    );
  }
});
