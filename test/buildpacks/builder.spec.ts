import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { parse } from 'yaml';
import { environmentOf, runCommand } from '../support/localpaas.ts';
import { scratchDirectory } from '../support/scratch.ts';
import { describe, type Scope } from '../support/spec.ts';
import { buildpacks, get, makeApp, sampleApps, start } from './staging.ts';

const order: string[] = parse(await readFile(join(buildpacks, 'order.yml'), 'utf8'));

interface Built {
  readonly result: {
    readonly process_types: Record<string, string>;
    readonly lifecycle_metadata: { readonly detected_buildpack: string; readonly buildpacks: unknown[] };
  };
  /** The unpacked droplet. */
  readonly droplet: string;
  /** Of the packed one. */
  readonly sha256: string;
}

/** Has `localpaas builder` make a droplet of a copy of the app. */
async function build(scope: Scope, app: string, flags: readonly string[]): Promise<Built> {
  const directory = await scratchDirectory(scope);
  for (const name of order) {
    const key = createHash('md5').update(name).digest('hex');
    await cp(join(buildpacks, name), join(directory, 'buildpacks', key), { recursive: true });
  }
  await cp(app, join(directory, 'app'), { recursive: true, preserveTimestamps: true });
  for (const name of ['home', 'cache', 'droplet']) await mkdir(join(directory, name));
  const places = {
    buildDir: 'app',
    buildpacksDir: 'buildpacks',
    buildpacksDownloadDir: 'downloads',
    buildArtifactsCacheDir: 'cache',
    outputDroplet: 'droplet.tgz',
    outputMetadata: 'result.json',
    outputBuildArtifactsCache: 'cache.tgz',
  };
  const args = Object.entries(places).map(([name, place]) => `-${name}=${join(directory, place)}`);
  const env = await environmentOf(join(directory, 'home'));
  const { code, out, err } = await runCommand(['builder', ...args, ...flags], env);
  assert.is(code, 0, `${out}\n${err}`);
  execFileSync('tar', ['-xzf', join(directory, 'droplet.tgz'), '-C', join(directory, 'droplet')]);
  const result = JSON.parse(await readFile(join(directory, 'result.json'), 'utf8'));
  const sha256 = createHash('sha256')
    .update(await readFile(join(directory, 'droplet.tgz')))
    .digest('hex');
  return { result, droplet: join(directory, 'droplet'), sha256 };
}

describe(
  'the built-in buildpacks in localpaas builder',
  (it) => {
    for (const [app, name] of [
      ['routes-node', 'node'],
      ['routes-python', 'python'],
      ['hello-rack', 'ruby'],
      ['hello-php', 'php'],
      ['static-site', 'static'],
    ] as const) {
      it(`make a droplet of ${app} that starts`, async (scope) => {
        const { result, droplet } = await build(scope, join(sampleApps, app), [`-buildpackOrder=${order.join(',')}`]);
        const version = (await readFile(join(buildpacks, name, 'VERSION'), 'utf8')).trim();
        const [entry] = result.lifecycle_metadata.buildpacks as [Record<string, unknown>];

        assert.is(result.lifecycle_metadata.detected_buildpack, name);
        assert.equal([entry['key'], entry['name'], entry['version']], [name, name, version]);
        assert.type((entry['output_metadata'] as { runtime: { constraint: string } }).runtime.constraint, 'string');
        const url = await start(scope, { droplet, web: result.process_types['web'] });
        assert.match(await get(url), /instance.*3|A site of files/s);
      });
    }

    it('take the processes of an app from its Procfile', async (scope) => {
      const app = join(sampleApps, 'ticking-worker');
      const { result } = await build(scope, app, [`-buildpackOrder=${order.join(',')}`]);

      assert.equal(result.process_types, { web: 'bash tick.sh' });
    });

    it(
      'make the same droplet of the same app',
      async (scope) => {
        for (const app of ['routes-node', 'routes-python', 'hello-rack', 'static-members']) {
          const flags = [`-buildpackOrder=${order.join(',')}`];
          const [first, second] = [
            await build(scope, join(sampleApps, app), flags),
            await build(scope, join(sampleApps, app), flags),
          ];

          assert.is(first.sha256, second.sha256, app);
        }
      },
      { timeoutMs: 120_000 },
    );

    it('work together: one supplies modules, the other starts the app', async (scope) => {
      const app = await makeApp(scope, {
        'app.py': `import subprocess, os
from http.server import BaseHTTPRequestHandler, HTTPServer
class Page(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
        self.wfile.write(subprocess.check_output(["say-hello"]))
HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Page).serve_forever()
`,
        'package.json': '{"dependencies": {"hello": "file:lib/hello"}}',
        'lib/hello/package.json': '{"name": "hello", "version": "1.0.0", "bin": {"say-hello": "./say.js"}}',
        'lib/hello/say.js': '#!/usr/bin/env node\nconsole.log("hello from node")\n',
      });
      const { result, droplet } = await build(scope, app, ['-buildpackOrder=node,python', '-skipDetect']);

      assert.equal(
        result.lifecycle_metadata.buildpacks.map((entry) => (entry as { name: string }).name),
        ['node', 'python'],
      );
      const url = await start(scope, { droplet, web: result.process_types['web'] });
      assert.is(await get(url), 'hello from node\n');
    });
  },
  { timeoutMs: 120_000 },
);
