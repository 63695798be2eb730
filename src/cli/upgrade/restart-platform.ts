import { randomBytes } from 'node:crypto';
import { open, stat } from 'node:fs/promises';
import * as v from 'valibot';
import { type Home, type PlatformRecord, readPlatformRecord } from '#assembly/home.ts';
import { signalProcess } from '#ground/child.ts';
import { messageOf, systemCodeOf } from '#ground/errors.ts';
import { jsonIn } from '#ground/json-in.ts';
import { identityOf, isAlive } from '#ground/processes.ts';
import { waitFor } from '#ground/wait.ts';
import { startFailed } from '../up/session.ts';
import { readFailure, removeRequest, writeRequest } from './request.ts';

/** Longer than the platform itself waits for its successor, and lets its clients finish. */
const limitMs = 180_000;
/** How long after the old platform's end systemd and the new one may take. */
const absenceLimitMs = 60_000;
const everyMs = 20;
const shownLines = 5;
const tailBytes = 64 * 1024;

/** The platform of a home as an upgrade finds it. */
export type Found =
  | { readonly kind: 'none' }
  /** It runs from another file, which this upgrade does not touch. */
  | { readonly kind: 'other'; readonly record: PlatformRecord }
  | { readonly kind: 'ours'; readonly record: PlatformRecord };

/** @param program the file that is installed */
export async function findPlatform(home: Home, program: string): Promise<Found> {
  const record = await readPlatformRecord(home);
  if (record === undefined || !(await isAlive(record))) return { kind: 'none' };
  if (!(await belongsToOwnerOf(home, record.pid))) return { kind: 'none' };
  return { kind: record.program === program ? 'ours' : 'other', record };
}

/** The record is the user's to write, and root must not signal whatever process stands in it. */
async function belongsToOwnerOf(home: Home, pid: number): Promise<boolean> {
  if (process.platform !== 'linux') return true;
  const [owner, runner] = await Promise.all([stat(home.path), stat(`/proc/${pid}`).catch(() => undefined)]);
  return owner.uid === runner?.uid;
}

/** Why a platform did not come back as the new version, and what it said last. */
export class NotRestarted extends Error {
  readonly lastWords: readonly string[];

  constructor(why: string, lastWords: readonly string[], options?: ErrorOptions) {
    super(why, options);
    this.name = 'NotRestarted';
    this.lastWords = lastWords;
  }
}

/**
 * Has a running platform start again as what lies at its place by now, and waits until it serves.
 * @throws NotRestarted
 */
export async function restartPlatform(home: Home, old: PlatformRecord, version: string): Promise<PlatformRecord> {
  const author = await identityOf(process.pid);
  if (author === undefined) throw new Error('This process is not in the process table.');
  const id = randomBytes(8).toString('hex');
  const since = new Date().toISOString();
  try {
    await writeRequest(home, { id, platform: { pid: old.pid, startedAt: old.startedAt }, author, version });
    if (!signalProcess(old.pid, 'SIGUSR2')) throw new Error(`it (pid ${old.pid}) cannot be told to`);
    const fresh = await waitFor('the new version', outcomeOf(home, { old, id, since }), { limitMs, everyMs });
    if (fresh.version !== version) throw new Error(`it came back as localpaas ${fresh.version}`);
    return fresh;
  } catch (cause) {
    throw new NotRestarted(messageOf(cause), await lastWords(home, since), { cause });
  } finally {
    await removeRequest(home);
  }
}

/** Resolves when a platform serves in this home again. @throws Error when none does in time */
export async function awaitPlatform(home: Home): Promise<PlatformRecord> {
  const serves = async () => {
    const record = await readPlatformRecord(home);
    return record !== undefined && (await isAlive(record)) ? record : undefined;
  };
  return waitFor('a platform', serves, { limitMs: absenceLimitMs, everyMs });
}

function outcomeOf(home: Home, { old, id, since }: { old: PlatformRecord; id: string; since: string }) {
  let absentSince: number | undefined;
  return async (): Promise<PlatformRecord | undefined> => {
    const why = await readFailure(home, id);
    if (why !== undefined) throw new Error(why);
    const fresh = await successorOf(home, old);
    if (fresh !== undefined || (await isAlive(old))) return fresh;
    absentSince ??= performance.now();
    await checkAbsence(home, { since, ms: performance.now() - absentSince });
    return undefined;
  };
}

async function successorOf(home: Home, old: PlatformRecord): Promise<PlatformRecord | undefined> {
  const record = await readPlatformRecord(home);
  if (record === undefined || (record.pid === old.pid && record.startedAt === old.startedAt)) return undefined;
  return (await isAlive(record)) ? record : undefined;
}

/** Under systemd nobody is there between the two platforms. @throws Error when that is how it will stay */
async function checkAbsence(home: Home, { since, ms }: { since: string; ms: number }): Promise<void> {
  const failed = (await entriesSince(home, since)).find(({ event }) => event === startFailed);
  if (failed !== undefined) throw new Error(String(failed['error']));
  if (ms > absenceLimitMs) throw new Error('it has ended, and no other was started');
}

const Entry = v.looseObject({ at: v.string(), level: v.string(), event: v.string() });
type Entry = v.InferOutput<typeof Entry>;

/** What went wrong since then, in the platform's log, as lines for people. */
async function lastWords(home: Home, since: string): Promise<string[]> {
  const entries = await entriesSince(home, since);
  const bad = entries.filter(({ level, event }) => level === 'error' || level === 'warn' || event === startFailed);
  return bad.slice(-shownLines).map(({ at, level: _, event, ...fields }) => {
    const facts = Object.entries(fields).map(([name, value]) => `${name}=${String(value)}`);
    return [at.slice(11, 19), event, ...facts].join('  ');
  });
}

async function entriesSince(home: Home, since: string): Promise<Entry[]> {
  const lines = (await tailOf(home.logFile)).split('\n');
  const entries = lines.map((line) => v.safeParse(Entry, jsonIn(line)));
  return entries.flatMap((entry) => (entry.success && entry.output.at >= since ? [entry.output] : []));
}

async function tailOf(path: string): Promise<string> {
  try {
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      const at = Math.max(0, size - tailBytes);
      const { buffer, bytesRead } = await file.read(Buffer.alloc(tailBytes), 0, tailBytes, at);
      return buffer.toString('utf8', 0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return '';
    throw error;
  }
}
