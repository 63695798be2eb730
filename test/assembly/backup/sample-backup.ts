import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { gunzipSync, gzipSync } from 'node:zlib';
import { Header, type HeaderData } from 'tar';
import { type accountName, type BackupRecord, recordName, type stateName } from '#assembly/backup/backup-record.ts';
import { type BackupOptions, type BackupSource, type TakenBackup, takeBackup } from '#assembly/backup/take-backup.ts';
import { homeOf } from '#assembly/home.ts';
import { blobFileIn, type DesiredState, placeState, writeAccount } from '#components/cloud-controller/index.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import type { Scope } from '../../support/spec.ts';

const at = '2026-01-02T03:04:05.678Z';

export function sha256Of(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

/** The names and values that are the hardest to keep. */
export const variables: Readonly<Record<string, string>> = {
  QUOTES: `it's "quoted"`,
  LINES: 'first\nsecond\r\n\nlast\n',
  UNICODE: 'ümläut · 🐳 · \u202eright to left \u0007',
  EMPTY: '',
  constructor: 'a name that objects have',
};

/** The same guid each time. */
export function guidOf(kind: string, name: string): string {
  return sha256Of(`${kind} ${name}`).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*/, '$1-$2-$3-$4-$5');
}

/** The state of a platform with these apps. Each has a package and a droplet made of its name, and a route. */
export function stateWith(names: readonly string[], domain = 'localhost'): DesiredState {
  const common = (guid: string) => ({ guid, createdAt: at, updatedAt: at });
  return {
    app: names.map((name) => ({
      ...common(guidOf('app', name)),
      name,
      state: 'STARTED',
      environment: variables,
      processes: [
        {
          type: 'web',
          command: null,
          instances: 1,
          memoryMb: 64,
          diskMb: 128,
          healthCheck: { type: 'port', timeoutSeconds: null, endpoint: null },
        },
      ],
      currentDroplet: guidOf('droplet', name),
      runCount: 1,
      lifecycle: { type: 'buildpack', buildpacks: [], stack: null },
      labels: {},
      annotations: {},
    })),
    route: names.map((name) => ({
      ...common(guidOf('route', name)),
      host: name,
      domain,
      path: '',
      destinations: [{ guid: guidOf('destination', name), app: guidOf('app', name), processType: 'web' }],
    })),
    package: names.map((name) => ({
      ...common(guidOf('package', name)),
      app: guidOf('app', name),
      state: 'READY',
      error: null,
      sha256: sha256Of(packageOf(name)),
      sizeBytes: packageOf(name).length,
    })),
    droplet: names.map((name) => ({
      ...common(guidOf('droplet', name)),
      app: guidOf('app', name),
      package: guidOf('package', name),
      state: 'STAGED',
      sha256: sha256Of(dropletOf(name)),
      sha1: createHash('sha1').update(dropletOf(name)).digest('hex'),
      sizeBytes: dropletOf(name).length,
      framework: 'node',
      runtime: 'node',
      startCommand: null,
    })),
    revision: [],
    buildpack: [],
  };
}

export function packageOf(name: string): Buffer {
  return Buffer.from(`package of ${name} `.repeat(100));
}

export function dropletOf(name: string): Buffer {
  return Buffer.from(`droplet of ${name} `.repeat(4_000));
}

export const account = {
  identity: { createdAt: at, organization: 'org', space: 'space', admin: 'admin-guid', domains: { localhost: 'd' } },
  admin: { user: 'admin', password: 'the old password' },
};

/** A home with these apps whose platform has stopped. */
export async function homeWith(scope: Scope, names: readonly string[], domain?: string) {
  const home = homeOf(join(await scratchDirectory(scope), 'home'), {});
  const dataDir = home.directoryOf('cloud-controller');
  await mkdir(dataDir, { recursive: true });
  await placeState(dataDir, stateWith(names, domain));
  await writeAccount(dataDir, account);
  for (const content of names.flatMap((name) => [packageOf(name), dropletOf(name)])) {
    const path = blobFileIn(dataDir, sha256Of(content));
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
  }
  return { home, dataDir };
}

/** What `takeBackup` makes of a source, and the archive's bytes. */
export async function backupBytes(
  source: Pick<BackupSource, 'state' | 'dataDir'> & Partial<BackupSource>,
  options: Partial<BackupOptions> = {},
): Promise<{ taken: TakenBackup; bytes: Buffer }> {
  let bytes = Buffer.alloc(0);
  const taken = await takeBackup(
    { account, domain: 'localhost', ...source },
    {
      skipDamaged: false,
      version: '1.2.3',
      signal: new AbortController().signal,
      progress: () => {},
      write: async (archive) => {
        bytes = await buffer(archive);
      },
      ...options,
    },
  );
  return { taken, bytes };
}

/** A good backup of these apps. */
export async function sampleBackup(scope: Scope, names: readonly string[] = ['one', 'two']): Promise<Buffer> {
  const { dataDir } = await homeWith(scope, names);
  return (await backupBytes({ dataDir, state: async () => stateWith(names) })).bytes;
}

/** A member of a tar, as it may be written by somebody who means harm. */
export type Member = HeaderData & { readonly path: string; readonly content?: Buffer };

export function membersOf(archive: Buffer): Member[] {
  const tar = gunzipSync(archive);
  const members: Member[] = [];
  for (let at = 0; at + 512 <= tar.length && tar[at] !== 0; ) {
    const { path = '', size = 0 } = new Header(tar, at);
    members.push({ path, content: tar.subarray(at + 512, at + 512 + size) });
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return members;
}

export function archiveOf(members: readonly Member[]): Buffer {
  const blocks = members.flatMap(({ content = Buffer.alloc(0), ...fields }) => {
    const header = new Header({ mode: 0o600, type: 'File', size: content.length, ...fields });
    header.encode();
    return [header.block ?? Buffer.alloc(0), content, Buffer.alloc((512 - (content.length % 512)) % 512)];
  });
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)]));
}

/** The archive with another record. Nothing else is adapted to it. */
export function withRecord(archive: Buffer, change: (record: BackupRecord) => unknown): Buffer {
  const [first, ...rest] = membersOf(archive);
  const record = change(JSON.parse(String(first?.content)) as BackupRecord);
  return archiveOf([{ path: recordName, content: Buffer.from(JSON.stringify(record)) }, ...rest]);
}

/** The archive with another text in `desired.state` or `account.json`, and a record that fits. */
export function withText(archive: Buffer, name: typeof stateName | typeof accountName, text: string): Buffer {
  const content = Buffer.from(text);
  const changed = archiveOf(
    membersOf(archive).map((member) => (member.path === name ? { path: name, content } : member)),
  );
  return withRecord(changed, (record) => ({
    ...record,
    members: record.members.map((member) =>
      member.name === name ? { name, bytes: content.length, sha256: sha256Of(content) } : member,
    ),
  }));
}

/** Every file below a directory with its content's digest, to see whether anything changed. */
export async function picture(directory: string): Promise<Record<string, string>> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.path, entry.name));
  const digests = await Promise.all(
    files.map(async (path) => [relative(directory, path), sha256Of(await readFile(path))] as const),
  );
  return Object.fromEntries(digests.sort());
}

export function streamOf(bytes: Buffer): Readable {
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += 10_000) chunks.push(bytes.subarray(at, at + 10_000));
  return Readable.from(chunks, { objectMode: false });
}
