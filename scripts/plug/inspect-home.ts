import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { waitFor } from '#ground/wait.ts';
import type { Api } from '../torture/api.ts';

/** What an interrupted run left is removed in the background, after the start. */
const tidyLimitMs = 10_000;

/** What apps and nats-server do there is their business; a cache is shared, and tidied up by and by. */
const notOurs = ['/dea/instances', '/nats-server/store', '/.cache', '/cache'];

/** Files that must be JSON, where they are there. */
const jsonFiles = [
  'cli/login.json',
  'cloud-controller/admin.json',
  'cloud-controller/desired-state.json',
  'cloud-controller/identity.json',
  'dea/instances.json',
  'nats-server/credentials.json',
  'nats-server/process.json',
  'run/platform.json',
];

/** A blob that some record refers to. */
export interface Reference {
  /** The record, for people. */
  readonly of: string;
  readonly sha256: string;
}

export interface Inspection {
  /** Asked for what has to be there now. */
  readonly references: () => Promise<readonly Reference[]>;
  readonly signal: AbortSignal;
  /** How long it may take until the home is tidy. */
  readonly limitMs?: number;
}

/** Looks for what is half-written or left behind in the home of a platform that runs. @returns what was found, as sentences */
export async function flawsIn(
  home: string,
  { references, signal, limitMs = tidyLimitMs }: Inspection,
): Promise<string[]> {
  let flaws: string[] = [];
  const isTidy = async () => {
    flaws = [
      ...(await leftovers(home)),
      ...(await unreadable(home)),
      ...(await damagedBlobs(home, await references())),
    ];
    return flaws.length === 0 ? true : undefined;
  };
  await waitFor('the home to be tidy', isTidy, { limitMs, everyMs: 100, signal }).catch((error: unknown) => {
    signal.throwIfAborted();
    if (flaws.length === 0) throw error;
  });
  return flaws;
}

/** The packages and droplets of a platform. */
export async function referencesOf(api: Api): Promise<Reference[]> {
  const packages = (await api.packages()).filter(({ state }) => state === 'READY');
  const droplets = (await api.droplets()).filter(({ state }) => state === 'STAGED');
  return [
    ...packages.map(({ guid, data }) => ({ of: `the package ${guid}`, sha256: checksumIn(data['checksum']) })),
    ...droplets.map(({ guid, checksum }) => ({ of: `the droplet ${guid}`, sha256: checksumIn(checksum) })),
  ];
}

async function leftovers(home: string): Promise<string[]> {
  const incoming = ['cloud-controller/blobs/incoming', 'cloud-controller/resources/incoming'];
  const waiting = await Promise.all(
    incoming.map(async (name) => (await listIn(join(home, name))).map((each) => join(name, each))),
  );
  const files = (await filesBelow(home)).map((path) => relative(home, path));
  const temporary = files.filter((path) => path.endsWith('.tmp') || path.endsWith('.broken'));
  const directories = (await listIn(join(home, 'dea', 'instances'))).sort();
  const known = directoriesIn(await textOf(join(home, 'dea', 'instances.json')));
  const strays = directories.filter((name) => !known.includes(name)).map((name) => join('dea', 'instances', name));
  return [...waiting.flat(), ...temporary, ...strays].map((path) => `${path} was left behind`);
}

async function unreadable(home: string): Promise<string[]> {
  const texts = await Promise.all(jsonFiles.map(async (name) => ({ name, text: await textOf(join(home, name)) })));
  return texts.flatMap(({ name, text }) =>
    text === undefined || isJson(text) ? [] : [`${name} is no JSON: ${JSON.stringify(text.slice(0, 40))}`],
  );
}

/** Every stored blob is what its name says, and every record has its blob. */
async function damagedBlobs(home: string, references: readonly Reference[]): Promise<string[]> {
  const root = join(home, 'cloud-controller', 'blobs');
  const flaws: string[] = [];
  const stored = new Set<string>();
  for (const path of (await filesBelow(root)).filter((path) => !path.includes('/incoming/'))) {
    const name = basename(path);
    stored.add(name);
    const found = await sha256Of(path);
    if (found !== undefined && found !== name)
      flaws.push(`the blob ${name} holds something else (${(await stat(path)).size} bytes)`);
  }
  for (const { of, sha256 } of references) if (!stored.has(sha256)) flaws.push(`${of} has no blob ${sha256}`);
  return flaws;
}

function checksumIn(checksum: unknown): string {
  const value = typeof checksum === 'object' && checksum !== null && 'value' in checksum ? checksum.value : undefined;
  return String(value);
}

/** `undefined` when it was removed meanwhile. */
async function sha256Of(path: string): Promise<string | undefined> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(path), hash);
  } catch {
    return undefined;
  }
  return hash.digest('hex');
}

/** Everything of the platform's own: not what apps have in their directories. */
async function filesBelow(directory: string): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(directory, { withFileTypes: true }).catch(() => [])) {
    const path = join(directory, entry.name);
    if (notOurs.some((directory) => path.endsWith(directory))) continue;
    if (entry.isDirectory()) found.push(...(await filesBelow(path)));
    else found.push(path);
  }
  return found;
}

async function listIn(directory: string): Promise<string[]> {
  return await readdir(directory).catch(() => []);
}

async function textOf(path: string): Promise<string | undefined> {
  return await readFile(path, 'utf8').catch(() => undefined);
}

function directoriesIn(text: string | undefined): string[] {
  if (text === undefined || !isJson(text)) return [];
  const { instances = [] } = JSON.parse(text) as { instances?: { directory: string }[] };
  return instances.map(({ directory }) => directory);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
