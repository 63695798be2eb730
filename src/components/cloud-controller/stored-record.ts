import { sha256Of } from '#ground/digest.ts';
import type { Kind, Records } from './records.ts';

export type AnyRecord = Records[Kind];

/** A record as it lies in the bucket. Its checksum is ours, from the writer of a record to its reader. */
export interface StoredRecord {
  /** Of the record's JSON, in hex. */
  readonly sha256: string;
  readonly record: AnyRecord;
}

/** The kinds, by the first part of a record's key. */
export const kinds = [
  'app',
  'package',
  'build',
  'droplet',
  'route',
  'buildpack',
  'task',
  'revision',
  'deployment',
] as const satisfies readonly Kind[];

/** Only we write keys like these. */
const ownKey = new RegExp(`^(?:${kinds.join('|')})\\.[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$`);

export function keyOf(kind: Kind, guid: string): string {
  return `${kind}.${guid}`;
}

/** The kind and the guid in a key; `undefined` when it is no record's. */
export function partsOf(key: string): { readonly kind: Kind; readonly guid: string } | undefined {
  const [prefix, guid = ''] = key.split('.');
  const kind = kinds.find((name) => name === prefix);
  return kind === undefined || guid === '' ? undefined : { kind, guid };
}

export function isOwnKey(key: string): boolean {
  return ownKey.test(key);
}

export function storedRecordOf(record: AnyRecord): StoredRecord {
  return { sha256: sha256Of(JSON.stringify(record)), record };
}

/** What was read is not what was written. */
export class DamagedRecord extends Error {
  constructor(key: string) {
    super(`${key} is not what was stored`);
    this.name = 'DamagedRecord';
  }
}

/**
 * The record in a value of the bucket. A value without a checksum, written by somebody else, is passed on as it is.
 * @throws DamagedRecord
 */
export function recordIn(key: string, value: unknown): unknown {
  if (!isStoredRecord(value)) return value;
  if (sha256Of(JSON.stringify(value.record)) !== value.sha256) throw new DamagedRecord(key);
  return value.record;
}

function isStoredRecord(value: unknown): value is StoredRecord {
  return typeof value === 'object' && value !== null && 'sha256' in value && 'record' in value;
}
