import { createHash, type Hash } from 'node:crypto';
import type { Readable } from 'node:stream';
import * as v from 'valibot';
import { Account, blobsOf, type DesiredState, readState } from '#components/cloud-controller/index.ts';
import { readableSize } from '#ground/bytes.ts';
import { jsonIn } from '#ground/json-in.ts';
import { reasonOf } from '#ground/reason-of.ts';
import { readTarGz, type TarReader, type TarSink } from '#ground/tar-stream.ts';
import {
  accountName,
  type BackupMember,
  type BackupRecord,
  blobNamed,
  damaged,
  notABackup,
  readBackupRecord,
  recordName,
  stateName,
} from './backup-record.ts';

/** A backup every byte of which was looked at. */
export interface CheckedBackup {
  readonly record: BackupRecord;
  readonly state: DesiredState;
  /** `undefined` when the platform's own was damaged. */
  readonly account: Account | undefined;
}

export interface ReadBackupOptions {
  readonly signal: AbortSignal;
  /** Told of the record before anything that follows it is read; may refuse by throwing. */
  readonly begins?: (record: BackupRecord) => void;
  /** Where a blob is to go. What it was given is good only when the whole backup is. */
  readonly blob?: (sha256: string) => TarSink;
}

/** Bytes. What is kept in memory is bounded. */
const limits = { [recordName]: 32 * 1024 ** 2, [stateName]: 512 * 1024 ** 2, [accountName]: 1024 ** 2 };
/** Bytes of headers and padding for each member, and for the end. */
const overheadBytes = 4096;

/** Reads a backup to its end and checks all of it. @throws ActionableError BAD_INPUT that says what is wrong */
export async function readBackup(input: Readable, options: ReadBackupOptions): Promise<CheckedBackup> {
  const reading = new Reading(options);
  await readTarGz(input, reading, options.signal);
  return reading.result();
}

class Reading implements TarReader {
  readonly #options: ReadBackupOptions;
  readonly #texts = new Map<string, Buffer>();
  #record: BackupRecord | undefined;
  /** Members that were whole. */
  #done = 0;
  #unpacked = 0;
  #allowed = 16 * overheadBytes;

  constructor(options: ReadBackupOptions) {
    this.#options = options;
  }

  file(name: string, sizeBytes: number): TarSink {
    if (this.#record === undefined) return this.#recordSink(name, sizeBytes);
    const member = this.#record.members[this.#done];
    if (member === undefined) throw damaged(`it holds ${shown(name)}, which its ${recordName} does not name`);
    if (member.name !== name) throw damaged(`where ${member.name} should be is ${shown(name)}`);
    if (member.bytes !== sizeBytes) throw damaged(`${name} has ${sizeBytes} bytes instead of ${member.bytes}`);
    return this.#memberSink(member);
  }

  other(name: string, kind: string): never {
    if (this.#record === undefined) throw notABackup(`it begins with ${shown(name)}`);
    throw damaged(`it holds ${shown(name)}, which is no file (${kind})`);
  }

  broken(cause: unknown): never {
    if (this.#record === undefined) throw notABackup('it is no gzipped tar, or one that is cut off at once', cause);
    throw damaged('it is cut off, or some of its bytes are others', cause);
  }

  unpacked(bytes: number): void {
    this.#unpacked += bytes;
    if (this.#unpacked <= this.#allowed) return;
    if (this.#record === undefined) throw notABackup(`no ${recordName} is in its beginning`);
    throw damaged('it unpacks to more than it says');
  }

  result(): CheckedBackup {
    const record = this.#record;
    if (record === undefined) throw notABackup('it is an archive with nothing in it');
    const missing = record.members[this.#done];
    if (missing !== undefined) throw damaged(`it ends before ${missing.name}`);
    const state = readState(this.#text(stateName));
    if ('reason' in state) throw damaged(`its ${stateName} is wrong: ${state.reason}`);
    const named = new Set(record.members.map(({ name }) => blobNamed(name)));
    const lost = blobsOf(state).find(({ sha256 }) => !named.has(sha256));
    if (lost !== undefined) throw damaged(`bits of ${shown(lost.apps.join(', '))} are not in it`);
    const account = v.safeParse(v.nullable(Account), jsonIn(this.#text(accountName)));
    if (!account.success) throw damaged(`its ${accountName} is wrong: ${reasonOf(account.issues)}`);
    return { record, state, account: account.output ?? undefined };
  }

  #text(name: string): string {
    return this.#texts.get(name)?.toString('utf8') ?? '';
  }

  #recordSink(name: string, sizeBytes: number): TarSink {
    if (name !== recordName) throw notABackup(`it begins with ${shown(name)}`);
    if (sizeBytes > limits[recordName]) throw notABackup(`its ${recordName} is larger than any`);
    this.#allowed += sizeBytes;
    return gathering((bytes) => {
      const record = readBackupRecord(bytes);
      this.#options.begins?.(record);
      this.#record = record;
      this.#allowed = allowedBytes(record, sizeBytes);
    });
  }

  #memberSink(member: BackupMember): TarSink {
    const sha256 = blobNamed(member.name);
    const sink = sha256 === undefined ? this.#textSink(member) : this.#options.blob?.(sha256);
    return hashing(sink, (digest) => {
      if (digest !== member.sha256) throw damaged(`some bytes of ${member.name} are others than they were`);
      this.#done += 1;
    });
  }

  #textSink({ name, bytes }: BackupMember): TarSink {
    const limit = limits[name as keyof typeof limits];
    if (bytes > limit) throw damaged(`its ${name} is larger than ${readableSize(limit)}`);
    return gathering((content) => this.#texts.set(name, content));
  }
}

function allowedBytes({ members }: BackupRecord, recordBytes: number): number {
  const sum = members.reduce((total, { bytes }) => total + bytes, recordBytes);
  // What pads the end of a tar may be any number of blocks; the usual is 20 of them.
  return sum + (members.length + 8) * overheadBytes;
}

function gathering(done: (content: Buffer) => void): TarSink {
  const chunks: Uint8Array[] = [];
  return { bytes: (chunk) => chunks.push(chunk), end: () => done(Buffer.concat(chunks)) };
}

/** Passes on, and then tells the digest: `done` refuses before `sink` hears of the end. */
function hashing(sink: TarSink | undefined, done: (sha256: string) => void): TarSink {
  const hash: Hash = createHash('sha256');
  return {
    bytes(chunk) {
      hash.update(chunk);
      sink?.bytes(chunk);
    },
    end() {
      done(hash.digest('hex'));
      sink?.end();
    },
  };
}

/** A name from outside, fit for a message. */
function shown(name: string): string {
  const text = name.length > 100 ? `${name.slice(0, 100)}…` : name;
  return `'${text.replace(/\p{Cc}/gu, '?')}'`;
}
