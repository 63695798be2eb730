import { randomBytes } from 'node:crypto';
import { cp, lstat, mkdir, open, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Random } from '../torture/random.ts';

/** What can happen to a file or directory. */
export type Way =
  | 'flip a bit'
  | 'flip many bits'
  | 'zero a block'
  | 'overwrite a block'
  | 'cut'
  | 'empty'
  | 'delete'
  | 'append'
  | 'become a directory'
  | 'become a file';

export interface Damage {
  /** Below the home. */
  readonly path: string;
  readonly way: Way;
  /** Where in the file, from 0 to 1. */
  readonly at: number;
  /** How much: bytes of a block. */
  readonly bytes: number;
}

const toFiles: readonly [Way, ...Way[]] = [
  'flip a bit',
  'flip a bit',
  'flip a bit',
  'flip many bits',
  'zero a block',
  'overwrite a block',
  'cut',
  'empty',
  'delete',
  'append',
  'become a directory',
];
const toDirectories: readonly [Way, ...Way[]] = ['delete', 'become a file'];
const mostDamages = 4;

const streams = 'nats-server/store/jetstream/$G/streams';
const stateStream = `${streams}/KV_cloud-controller`;
const eventsStream = `${streams}/KV_events`;

/** Groups of places and how often they are hit. */
const groups: readonly (readonly [weight: number, ...paths: readonly string[]])[] = [
  [10, `${stateStream}/msgs/1.blk`],
  [4, `${stateStream}/msgs/index.db`, `${stateStream}/meta.inf`, `${stateStream}/meta.sum`],
  [1, stateStream, `${stateStream}/msgs`, `${stateStream}/obs`, streams],
  [1, 'nats-server/store', 'nats-server/store/jetstream', 'nats-server/store/jetstream/$G'],
  [4, `${eventsStream}/msgs/1.blk`, `${eventsStream}/msgs/index.db`, `${eventsStream}/meta.inf`, eventsStream],
  [5, 'snapshots'],
  [2, 'cloud-controller/identity.json', 'cloud-controller/admin.json', 'nats-server/credentials.json'],
  [2, 'dea/instances.json', 'cli/login.json', 'run/platform.json', 'nats-server/process.json'],
  [1, 'nats-server/nats-server.conf', 'nats-server/nats-server.log', 'logs/localpaas.log', 'nats-server/ports'],
  [1, 'cli', 'run', 'logs', 'stager', 'dea', 'log-cache', 'cloud-controller/snapshots', 'cloud-controller/resources'],
];

/** What happens to a home in one round: nothing, in one of ten. @param home to look at what is there */
export async function planDamages(random: Random, home: string): Promise<Damage[]> {
  if (random.below(10) === 0) return [];
  const damages: Damage[] = [];
  const count = 1 + Math.min(random.below(mostDamages), random.below(mostDamages));
  while (damages.length < count) {
    const path = await pickPath(random, home);
    if (path === undefined || damages.some((each) => each.path === path)) continue;
    const isDirectory = (await lstat(join(home, path))).isDirectory();
    const way = random.pick(isDirectory ? toDirectories : toFiles);
    damages.push({ path, way, at: random.below(10_000) / 10_000, bytes: random.pick([64, 512, 4096]) });
  }
  return damages;
}

async function pickPath(random: Random, home: string): Promise<string | undefined> {
  const weighted = groups.flatMap(([weight, ...paths]) => Array<readonly string[]>(weight).fill(paths));
  const paths = weighted[random.below(weighted.length)] ?? [];
  const path = paths[random.below(paths.length)] ?? '';
  if (path !== 'snapshots') return (await isThere(join(home, path))) ? path : undefined;
  const names = (await readdir(join(home, 'cloud-controller', 'snapshots'))).sort();
  // The newer ones matter more.
  const back = Math.min(random.below(names.length), random.below(names.length), random.below(names.length));
  return join('cloud-controller', 'snapshots', names[names.length - 1 - back] ?? '');
}

/** Damages a file as a disk does, or worse. What an earlier damage took away already stays as it is. */
export async function inflict({ path, way, at, bytes }: Damage, home: string): Promise<void> {
  const place = join(home, path);
  if (!(await isThere(place))) return;
  const isDirectory = (await lstat(place)).isDirectory();
  if (way === 'delete' || way === 'become a file' || way === 'become a directory') {
    await rm(place, { recursive: true });
    if (way === 'become a file') await writeFile(place, 'not what was here');
    if (way === 'become a directory') await mkdir(place);
    return;
  }
  if (isDirectory) return;
  const { size } = await lstat(place);
  const offset = Math.min(Math.floor(size * at), Math.max(0, size - 1));
  if (way === 'empty') return truncate(place);
  if (way === 'cut') return truncate(place, offset);
  if (way === 'append') return writeFile(place, randomBytes(bytes), { flag: 'a' });
  if (size > 0) await change(place, { offset, length: Math.min(bytes, size - offset), way });
}

async function change(
  path: string,
  { offset, length, way }: { offset: number; length: number; way: Way },
): Promise<void> {
  await using file = await open(path, 'r+');
  const block = Buffer.alloc(length);
  await file.read(block, 0, length, offset);
  if (way === 'flip a bit') block[0] = (block[0] ?? 0) ^ (1 << (offset % 8));
  if (way === 'flip many bits') for (let byte = 0; byte < length; byte += 7) block[byte] = (block[byte] ?? 0) ^ 0x24;
  if (way === 'zero a block') block.fill(0);
  if (way === 'overwrite a block') randomBytes(length).copy(block);
  await file.write(block, 0, length, offset);
}

/** A copy of a home that can be damaged. */
export async function copyHome(from: string, to: string): Promise<void> {
  await rm(to, { recursive: true, force: true });
  await cp(from, to, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
}

/** Everything that was ever set aside in a home, as paths below it. */
export async function setAsideIn(home: string): Promise<string[]> {
  const found: string[] = [];
  for (const part of ['.', 'cloud-controller', 'nats-server', 'dea', 'cli']) {
    const directory = join(home, part, 'damaged');
    for (const name of await readdir(directory).catch(() => [])) found.push(relative(home, join(directory, name)));
  }
  return found;
}

async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
