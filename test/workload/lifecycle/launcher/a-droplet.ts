import { spawn } from 'node:child_process';
import { mkdir, readFile, realpath, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { command } from '../../../support/localpaas.ts';
import { scratchDirectory } from '../../../support/scratch.ts';
import type { Scope } from '../../../support/spec.ts';

const recordings = resolve(import.meta.dirname, '..', '..', '..', 'fixtures', 'lifecycle');

export interface Said {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** What the original printed. @param part `launcher` or `shell` */
export async function recordingOf(part: string, name: string): Promise<Said> {
  const read = (kind: string) =>
    readFile(join(recordings, part, `${name}.${kind}.txt`), 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
      return '';
    });
  const [code, out, err] = await Promise.all([read('exit-code'), read('stdout'), read('stderr')]);
  return { code: Number(code), out, err };
}

/** The droplet of the recordings, with each kind of script that is read before the start. @returns its directory */
export async function aDroplet(scope: Scope, stagingInfo?: string): Promise<string> {
  const root = await realpath(await scratchDirectory(scope));
  for (const name of ['app/.profile.d', 'profile.d', 'deps', 'tmp', 'logs']) {
    await mkdir(join(root, name), { recursive: true });
  }
  const files: Record<string, string> = {
    'profile.d/sf.sh': 'echo "droplet profile.d sf.sh DEPS_DIR=$DEPS_DIR"\nexport FROM_DROPLET=sf\n',
    'app/.profile.d/a.sh': 'echo "app .profile.d a.sh HOME=$HOME PWD=$PWD"\nexport FROM_PROFILE_D=app\n',
    'app/.profile':
      'echo "app .profile FROM_PROFILE_D=$FROM_PROFILE_D FROM_DROPLET=$FROM_DROPLET"\nexport FROM_PROFILE=yes\n',
    ...(stagingInfo === undefined ? {} : { 'staging_info.yml': stagingInfo }),
  };
  for (const [name, content] of Object.entries(files)) await writeFile(join(root, name), content);
  return root;
}

/** A way to call one of the two: as the text that lies in a droplet, or as our command. */
export interface Way {
  readonly is: string;
  readonly words: readonly string[];
}

/** @param script the text */
export async function waysTo(scope: Scope, part: string, script: string): Promise<Way[]> {
  const file = join(await scratchDirectory(scope), part);
  await writeFile(file, script, { mode: 0o700 });
  return [
    { is: 'the script', words: ['bash', file] },
    { is: 'the command', words: [...command(), part] },
  ];
}

const variables = { PATH: '/usr/local/bin:/usr/bin:/bin' };

/**
 * Runs it in a droplet; paths of the scratch directory read as in the recordings.
 * @param env what it has beside PATH, and nothing else
 */
export async function runIn(
  directory: string,
  { words: [program = '', ...first] }: Way,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Said> {
  const child = spawn(program, [...first, ...args], {
    cwd: directory,
    env: { ...variables, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<number | null>((done) => child.once('close', done));
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  const asRecorded = (said: string) =>
    said
      .replaceAll(directory, '/home/vcap')
      .replace(/^(\S*\/)?launcher(?=: |\b)/gm, '/home/launcher')
      .replace(/(?<=Usage: )\S+/, '/home/launcher');
  return { code, out: asRecorded(out), err: asRecorded(err) };
}
