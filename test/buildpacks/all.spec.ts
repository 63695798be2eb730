import { execFileSync } from 'node:child_process';
import { access, constants, cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { parse } from 'yaml';
import { scratchDirectory } from '../support/scratch.ts';
import { describe } from '../support/spec.ts';
import { buildpacks, ended, makeApp, Staging, sampleApps } from './staging.ts';

const order: string[] = parse(await readFile(join(buildpacks, 'order.yml'), 'utf8'));
const scripts = ['detect', 'supply', 'finalize', 'release'];

/** The first buildpack of the order which says that the app is its own. */
async function detected(app: string): Promise<string | undefined> {
  for (const name of order) {
    const { code, out } = await ended([join(buildpacks, name, 'bin', 'detect'), app], {
      PATH: process.env['PATH'] ?? '',
      TMPDIR: app,
    });
    if (code !== 0) continue;
    assert.match(out, new RegExp(`^${name} \\d+\\.\\d+\\.\\d+\n$`));
    return name;
  }
  return undefined;
}

describe('the built-in buildpacks', (it) => {
  it('are all in the order, once', async () => {
    const entries = await readdir(buildpacks, { withFileTypes: true });
    const names = entries.flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));

    assert.equal([...order].sort(), names.sort());
  });

  it('have scripts that may be run and that bash understands', async () => {
    for (const name of order) {
      for (const script of scripts) {
        const path = join(buildpacks, name, 'bin', script);
        await access(path, constants.X_OK);
        execFileSync('bash', ['-n', path]);
      }
    }
  });

  it('share one piece of shell, of which each has the same copy', async () => {
    const [first, ...others] = await Promise.all(
      order.map((name) => readFile(join(buildpacks, name, 'lib', 'common.sh'), 'utf8')),
    );

    for (const other of others) assert.is(other, first);
  });

  it('tell each sample app that names a buildpack apart', async () => {
    let count = 0;
    for (const name of await readdir(sampleApps)) {
      const manifest = await readFile(join(sampleApps, name, 'manifest.yml'), 'utf8').catch(() => '{}'); // README.md
      const [wanted] = parse(manifest).applications?.[0]?.buildpacks ?? [];
      if (wanted === undefined || wanted === 'java') continue; // the jar is not there before it is built
      count += 1;

      assert.is(await detected(join(sampleApps, name)), wanted, name);
    }
    assert.ok(count >= 7);
  });

  it('take the apps of the languages', async (scope) => {
    const apps: [string, Record<string, string>][] = [
      ['java', { 'pom.xml': '<project/>' }],
      ['java', { 'META-INF/MANIFEST.MF': 'Main-Class: Hello\n' }],
      ['ruby', { Gemfile: '', 'package.json': '{}' }],
      ['ruby', { 'app.rb': "require 'sinatra'\n" }],
      ['node', { 'package.json': '{}', 'index.html': '' }],
      ['python', { 'requirements.txt': '' }],
      ['go', { 'go.mod': '', 'index.html': '' }],
      ['go', { 'hello.go': 'package main\n' }],
      ['php', { 'web/index.php': '' }],
      ['static', { 'index.html': '' }],
      ['procfile', { Procfile: 'web: ./run\n' }],
    ];
    for (const [name, files] of apps) assert.is(await detected(await makeApp(scope, files)), name);

    assert.is(await detected(await makeApp(scope, { 'notes.txt': '', 'lib.go': 'package lib\n' })), undefined);
    assert.is(await detected(await makeApp(scope, { 'tool.rb': 'puts 1\n', Procfile: 'nothing here\n' })), undefined);
  });

  it('are explained with one of two programs, which works', async (scope) => {
    const readme = await readFile(join(buildpacks, 'README.md'), 'utf8');
    const [, commands] = /smallest one is two programs:\n\n```sh\n(.*?)```/s.exec(readme) ?? [];
    const app = await makeApp(scope, { 'run.sh': 'echo hello\n' });
    const directory = await scratchDirectory(scope);
    const env = { PATH: process.env['PATH'] ?? '', TMPDIR: directory };

    assert.is((await ended(['bash', '-euc', commands ?? 'false'], env)).code, 0);
    const own = join(directory, 'mine', 'bin');
    assert.is((await ended([join(own, 'detect'), app], env)).out, 'mine 1.0.0\n');
    assert.is((await ended([join(own, 'detect'), directory], env)).code, 1);
    assert.is((await ended([join(own, 'finalize'), app, 'cache', 'deps', '0', 'profile.d'], env)).code, 0);
    const { processes } = parse(await readFile(join(directory, 'deps', '0', 'launch.yml'), 'utf8'));
    assert.equal(processes, [{ type: 'web', command: 'bash run.sh' }]);
  });

  it('print what bin/release has to print', async (scope) => {
    const app = await makeApp(scope, { 'main.go': 'package main\n', 'server.js': '', Procfile: 'web: ./x\n' });
    for (const name of order) {
      const staging = await Staging.of(scope, name);
      const { code, out, err } = await staging.run('release', [app]);

      assert.is(code, 0, `${name}: ${err}`);
      assert.type(parse(out).default_process_types, 'object', name);
    }
  });
});

describe('the shell that all buildpacks share', (it) => {
  /** Runs a piece of shell with the functions at hand. */
  const shell = async (directory: string, script: string, env: Record<string, string> = {}) => {
    const { code, out, err } = await ended(
      ['bash', '-euo', 'pipefail', '-c', `source "$0/lib/common.sh"; ${script}`, join(buildpacks, 'node')],
      { PATH: process.env['PATH'] ?? '', TMPDIR: directory, ...env },
    );
    assert.is(code, 0, err);
    return out;
  };

  it('writes any command so that it is read again as it was', async (scope) => {
    const directory = await scratchDirectory(scope);
    const command = `sh -c "echo \\"a: b\\" # 'c' \\\\ %s $PORT"`;

    await shell(directory, 'write_launch . "$COMMAND"', { COMMAND: command });

    const { processes } = parse(await readFile(join(directory, 'launch.yml'), 'utf8'));
    assert.equal(processes, [{ type: 'web', command }]);
  });

  it('empties a cache that another runtime filled, and only then', async (scope) => {
    const directory = await scratchDirectory(scope);
    const files = async () => (await readdir(join(directory, 'cache'))).sort();

    await shell(directory, 'open_cache cache "node 20"; touch cache/.hidden cache/file');
    await shell(directory, 'open_cache cache "node 20"');
    assert.equal(await files(), ['.hidden', 'file', 'stamp']);

    const said = await shell(directory, 'open_cache cache "node 22"');
    assert.match(said, 'another runtime or machine');
    assert.equal(await files(), ['stamp']);

    await shell(directory, 'touch cache/file; CF_STACK=other open_cache cache "node 22"');
    assert.equal(await files(), ['stamp']);
  });

  it('restores what it kept, unless somebody wrote into it or the key is another', async (scope) => {
    const directory = await scratchDirectory(scope);
    const restore = (key: string) =>
      shell(directory, `if restore_kept cache ${key} out; then cat out/a; else echo no; fi`);

    await shell(directory, 'mkdir -p made/b; echo one >made/a; ln -s a made/c; keep cache first made');
    assert.is(await restore('first'), 'one\n');
    assert.is(await restore('second'), 'no\n');
    await shell(directory, 'echo two >>out/a');
    assert.is(await restore('first'), 'no\n');
  });

  it('knows that there is no network', async (scope) => {
    const directory = await scratchDirectory(scope);
    const { out } = await ended(
      [
        ...['unshare', '-rn', 'bash', '-c'],
        'source "$0/lib/common.sh"; for url in https://registry.npmjs.org/ http://127.0.0.1:9/ https://192.0.2.1/; do can_reach $url || echo no; done',
        join(buildpacks, 'node'),
      ],
      { PATH: process.env['PATH'] ?? '', TMPDIR: directory },
    );

    assert.is(out, 'no\nno\nno\n');
  });

  it('understands addresses with users, ports and brackets, proxies, and hosts that need none', async (scope) => {
    const directory = await scratchDirectory(scope);
    const script = [
      'host_of https://u:p@a.example:8443/x; echo',
      'host_of http://[::1]:80/; echo',
      'authority_of https://u@b.example; echo',
      'no_proxy=localhost,.corp.example is_direct git.corp.example && echo direct',
      'no_proxy=corp.example is_direct notcorp.example || echo proxy',
      'can_reach file:///tmp && echo there; can_reach file:///no/such/folder || echo not there',
      'BUILDPACK_OFFLINE=1 can_reach file:///tmp || echo offline',
    ];

    assert.is(
      await shell(directory, script.join('\n')),
      'a.example\n::1\nb.example\ndirect\nproxy\nthere\nnot there\noffline\n',
    );
  });

  it('makes what several buildpacks supplied work when the app starts', async (scope) => {
    const directory = await scratchDirectory(scope);
    const deps = join(directory, 'deps');
    await mkdir(join(deps, '0', 'bin'), { recursive: true });
    await mkdir(join(deps, '0', 'env'));
    await mkdir(join(deps, '1', 'profile.d'), { recursive: true });
    await writeFile(join(deps, '0', 'bin', 'tool'), '#!/bin/sh\necho "a tool, $COLOUR"\n', { mode: 0o755 });
    await writeFile(join(deps, '0', 'env', 'COLOUR'), 'red\n');
    await writeFile(join(deps, '1', 'profile.d', 'colour.sh'), 'export COLOUR=green\n');

    assert.is(await shell(directory, 'use_supplied deps; tool'), 'a tool, red\n');
    await shell(directory, 'hand_over deps profile.d');
    await cp(deps, join(directory, 'moved'), { recursive: true });
    const started = 'for file in profile.d/*; do . "$file"; done; tool';
    assert.is(await shell(directory, started, { DEPS_DIR: join(directory, 'moved') }), 'a tool, green\n');
  });
});
