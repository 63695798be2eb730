import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { parse } from 'yaml';
import { startChild } from '#ground/child.ts';
import { call } from '#ground/http-client.ts';
import { waitFor } from '#ground/wait.ts';
import { freePort } from '../support/free-port.ts';
import { scratchDirectory } from '../support/scratch.ts';
import type { Scope } from '../support/spec.ts';

export const buildpacks = fileURLToPath(new URL('../../buildpacks/', import.meta.url));
export const sampleApps = fileURLToPath(new URL('../../sample-apps/', import.meta.url));

export interface StageOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Takes the network away: not even the loopback interface is there. */
  readonly offline?: boolean;
}

/** How one script ended, and what it wrote. */
export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface Staged extends Ended {
  /** What the droplet has: `app`, `deps`, `profile.d`. */
  readonly droplet: string;
  /** config.yml and launch.yml; undefined when they were not written. */
  readonly config: { name: string; version: string; output_metadata?: { runtime: Runtime } };
  readonly web: string | undefined;
}

interface Runtime {
  readonly name: string;
  readonly constraint: string;
  readonly version: string;
}

/** One app that is staged again and again by one buildpack, with one cache, as the builder does it. */
export class Staging {
  readonly buildpack: string;
  readonly cache: string;
  readonly home: string;
  readonly #directory: string;
  #count = 0;

  private constructor(buildpack: string, directory: string) {
    this.buildpack = buildpack;
    this.#directory = directory;
    this.cache = join(directory, 'cache');
    this.home = join(directory, 'home');
  }

  /** The buildpack is a copy away from the others: it must not need them. */
  static async of(scope: Scope, name: string): Promise<Staging> {
    const directory = await scratchDirectory(scope);
    for (const folder of ['cache', 'home', 'tmp']) await mkdir(join(directory, folder));
    const buildpack = join(directory, 'x7f3');
    await cp(join(buildpacks, name), buildpack, { recursive: true });
    return new Staging(buildpack, directory);
  }

  /** Detects, supplies and finalizes a copy of `app`. What fails ends it. */
  async stage(app: string, options: StageOptions = {}): Promise<Staged> {
    this.#count += 1;
    const droplet = join(this.#directory, `droplet-${this.#count}`);
    const [build, deps, profile] = ['app', 'deps', 'profile.d'].map((name) => join(droplet, name)) as [
      string,
      string,
      string,
    ];
    await cp(app, build, { recursive: true, verbatimSymlinks: true });
    for (const directory of [join(deps, '0'), profile, join(droplet, 'tmp')])
      await mkdir(directory, { recursive: true });

    const supplied = await this.run('supply', [build, this.cache, deps, '0'], options);
    const ended =
      supplied.code === 0
        ? joined(supplied, await this.run('finalize', [build, this.cache, deps, '0', profile], options))
        : supplied;
    const [config, launch] = await Promise.all(
      ['config.yml', 'launch.yml'].map(async (name) => {
        const content = await readFile(join(deps, '0', name), 'utf8').catch(() => ''); // it failed before
        return parse(content) ?? {};
      }),
    );
    return { ...ended, droplet, config, web: launch.processes?.[0]?.command };
  }

  /** A staging that must succeed. */
  async staged(app: string, options: StageOptions = {}): Promise<Staged> {
    const staged = await this.stage(app, options);
    assert.is(staged.code, 0, `${staged.out}\n${staged.err}`);
    return staged;
  }

  run(script: string, args: readonly string[], { env = {}, offline = false }: StageOptions = {}): Promise<Ended> {
    const program = join(this.buildpack, 'bin', script);
    return ended(offline ? ['unshare', '-rn', program, ...args] : [program, ...args], {
      PATH: process.env['PATH'] ?? '',
      HOME: this.home,
      TMPDIR: join(this.#directory, 'tmp'),
      LANG: 'C.UTF-8',
      ...env,
    });
  }
}

/** Starts what was staged, as the launcher does, and gives its address once it answers. */
export async function start(
  scope: Scope,
  { droplet, web }: Pick<Staged, 'droplet' | 'web'>,
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  assert.ok(web !== undefined, 'nothing says how it starts');
  const port = await freePort();
  const child = scope.use(
    await startChild({
      program: 'bash',
      args: ['-c', 'for file in ../profile.d/*; do [ -f "$file" ] && . "$file"; done; exec bash -c "$0"', web],
      cwd: join(droplet, 'app'),
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: join(droplet, 'app'),
        DEPS_DIR: join(droplet, 'deps'),
        TMPDIR: join(droplet, 'tmp'),
        PORT: String(port),
        VCAP_APP_HOST: '127.0.0.1',
        VCAP_APPLICATION: '{"instance_index":3}',
        MEMORY_LIMIT: '128m',
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    }),
  );
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (piece: string) => {
      log += piece;
    });
  }
  let hasEnded = false;
  void child.exited.then(() => {
    hasEnded = true;
  });
  const url = `http://127.0.0.1:${port}`;
  const answers = async () => {
    if (hasEnded) throw new Error(`It ended: ${web}\n${log}`);
    return call(url, { idleMs: 5_000 }).then(
      (answer) => answer.text().then(() => true),
      () => undefined,
    );
  };
  await waitFor('the app to answer', answers, { limitMs: 15_000, everyMs: 25 });
  return url;
}

/** The body of what the app answers. */
export async function get(url: string): Promise<string> {
  const answer = await call(url, { idleMs: 5_000 });
  return answer.text();
}

/** Writes an app: names and contents. */
export async function makeApp(scope: Scope, files: Readonly<Record<string, string>>): Promise<string> {
  const directory = await scratchDirectory(scope);
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(directory, name)), { recursive: true });
    await writeFile(join(directory, name), content);
  }
  return directory;
}

/** A PATH on which all programs are but some. */
export async function pathWithout(scope: Scope, ...missing: readonly string[]): Promise<string> {
  const directory = await scratchDirectory(scope);
  const found = new Map<string, string>();
  for (const folder of (process.env['PATH'] ?? '').split(':')) {
    for (const name of await readdir(folder).catch(() => [])) {
      if (!found.has(name) && !missing.includes(name)) found.set(name, join(folder, name));
    }
  }
  await Promise.all([...found].map(([name, target]) => symlink(target, join(directory, name))));
  return directory;
}

/** Programs that note how they are called, and are then what they always are. */
export interface NotedPrograms {
  /** A PATH that finds them. */
  readonly path: string;
  /** Each call: its words, and what of its environment says where packages come from. */
  calls(): Promise<string[]>;
}

const saidByEnvironment = ['GOPROXY', 'COMPOSER_DISABLE_NETWORK'];

export async function notedPrograms(scope: Scope, ...names: readonly string[]): Promise<NotedPrograms> {
  const directory = await scratchDirectory(scope);
  const notes = join(directory, 'notes');
  await mkdir(join(directory, 'bin'));
  await writeFile(notes, '');
  const PATH = process.env['PATH'] ?? '';
  for (const name of names) {
    const real =
      PATH.split(':')
        .map((folder) => join(folder, name))
        .find((path) => existsSync(path)) ?? name;
    const lines = [
      '#!/bin/bash',
      `said="${name}$(printf ' %q' "$@")"`,
      ...saidByEnvironment.map((variable) => `[ -z "$${variable}" ] || said="$said ${variable}=$${variable}"`),
      `echo "$said" >> '${notes}'`,
      `exec '${real}' "$@"`,
    ];
    await writeFile(join(directory, 'bin', name), `${lines.join('\n')}\n`, { mode: 0o755 });
  }
  return {
    path: `${join(directory, 'bin')}:${PATH}`,
    calls: async () => (await readFile(notes, 'utf8')).split('\n').slice(0, -1),
  };
}

/** Runs a program to its end. */
export async function ended(command: readonly string[], env: Readonly<Record<string, string>>): Promise<Ended> {
  const [program = '', ...args] = command;
  const child = spawn(program, args, { env, cwd: env['TMPDIR'], stdio: ['ignore', 'pipe', 'pipe'] });
  const exited = new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve));
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), exited]);
  return { code, out, err };
}

function joined(first: Ended, second: Ended): Ended {
  return { code: second.code, out: first.out + second.out, err: first.err + second.err };
}
