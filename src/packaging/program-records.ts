import { createHash } from 'node:crypto';
import { createReadStream, type Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import * as v from 'valibot';
import { systemCodeOf } from '#ground/errors.ts';
import { ensureDirectory, readIfThere, writeFileDurably } from '#ground/files.ts';

/** Tells a file from what later stands under its name, without reading it. */
const Fingerprint = { size: v.number(), mtimeMs: v.number() };

const KeptProgram = v.object({
  /** A name in the directory of the record. */
  file: v.pipe(v.string(), v.regex(/^[\w.-]+$/)),
  version: v.string(),
  sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  /** Where it came from, for people. */
  origin: v.string(),
  ...Fingerprint,
  /** In which boot of the machine its bytes were checked. */
  checkedIn: v.optional(v.string()),
});
export type KeptProgram = v.InferOutput<typeof KeptProgram>;

const SeenPrograms = v.record(v.string(), v.object({ version: v.string(), ...Fingerprint }));

const keptFile = 'kept.json';
const seenFile = 'seen.json';

/** What is known of a copy in `directory`, of the fetched one when no other record is named; `undefined` when there is none, or when the record cannot be understood. */
export async function readKeptProgram(directory: string, record = keptFile): Promise<KeptProgram | undefined> {
  return readRecord(join(directory, record), KeptProgram);
}

export async function writeKeptProgram(directory: string, program: KeptProgram, record = keptFile): Promise<void> {
  await writeFileDurably(join(directory, record), `${JSON.stringify(program, null, 2)}\n`);
}

/**
 * Whether the kept copy is what was recorded. Its bytes are read only once in each boot of the machine, since cards and
 * disks lose bits of what lies on them, and when its time differs from the record, as after a cache was restored.
 */
export async function isIntact(directory: string, program: KeptProgram, record = keptFile): Promise<boolean> {
  const path = join(directory, program.file);
  const [found, checkedIn] = [await statIfThere(path), await currentBoot()];
  if (found === undefined || found.size !== program.size) return false;
  if (found.mtimeMs === program.mtimeMs && checkedIn === program.checkedIn) return true;
  if ((await sha256Of(path)) !== program.sha256) return false;
  await attemptWrite(() => writeKeptProgram(directory, { ...program, mtimeMs: found.mtimeMs, checkedIn }, record));
  return true;
}

/** `undefined` where the system does not tell. */
export async function currentBoot(): Promise<string | undefined> {
  return (await readIfThere('/proc/sys/kernel/random/boot_id'))?.trim();
}

/**
 * The version which `ask` finds out by running the program, or found out earlier when the file is still the same:
 * running it takes some 15 ms, of every start.
 */
export async function rememberedVersion(directory: string, path: string, ask: () => Promise<string>): Promise<string> {
  const { size, mtimeMs } = await stat(path);
  const seen = (await readRecord(join(directory, seenFile), SeenPrograms)) ?? {};
  const earlier = seen[path];
  if (earlier?.size === size && earlier.mtimeMs === mtimeMs) return earlier.version;
  const version = await ask();
  await attemptWrite(async () => {
    await ensureDirectory(directory);
    await writeFileDurably(
      join(directory, seenFile),
      `${JSON.stringify({ ...seen, [path]: { version, size, mtimeMs } })}\n`,
    );
  });
  return version;
}

export async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

async function readRecord<T>(path: string, schema: v.GenericSchema<unknown, T>): Promise<T | undefined> {
  try {
    const text = await readIfThere(path);
    return text === undefined ? undefined : v.parse(schema, JSON.parse(text));
  } catch {
    return undefined; // a record that cannot be read is as good as none: what it says is found out again
  }
}

async function statIfThere(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Records save time only: where they cannot be written (an installation of root, a full disk), the program runs on. */
async function attemptWrite(write: () => Promise<void>): Promise<void> {
  await write().catch(() => {});
}
