import * as v from 'valibot';
import { sha256Of } from '#ground/digest.ts';
import { jsonIn } from '#ground/json-in.ts';
import { reasonOf } from '#ground/reason-of.ts';

/** One record of the desired state. */
interface SnapshotRecord {
  /** `<kind>.<guid>` */
  readonly key: string;
  /** Of the bucket, when it was written; 0 for a record that comes from elsewhere. */
  readonly revision: number;
  readonly json: string;
}

/** How far the events of apps went, which are kept beside the desired state and in no snapshot. */
export interface EventsExtent {
  /** Of the last one that was on disk. */
  readonly revision: number;
  /** How many were kept. */
  readonly count: number;
}

export const noEvents: EventsExtent = { revision: 0, count: 0 };

/** The whole desired state as it was at one moment. */
export interface Snapshot {
  /** ISO 8601 */
  readonly writtenAt: string;
  /** The version of localpaas that wrote it. */
  readonly program: string;
  /** The bucket it is a copy of; null for a state that comes from elsewhere. */
  readonly store: string | null;
  /** Each change of the bucket up to this one is in it; of later ones, some may be. */
  readonly revision: number;
  readonly events: EventsExtent;
  readonly records: readonly SnapshotRecord[];
}

/** A snapshot, or why the text is none. */
export type Read = { readonly ok: true; readonly snapshot: Snapshot } | { readonly ok: false; readonly reason: string };

const format = 'localpaas desired state';
const formatVersion = 1;

const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const Header = v.object({
  format: v.literal(format),
  version: v.pipe(v.number(), v.integer()),
  program: v.string(),
  writtenAt: v.string(),
  store: v.nullable(v.string()),
  revision: whole,
  events: v.object({ revision: whole, count: whole }),
  records: whole,
});

const recordLine = /^(\S+) (\d+) (.*)$/;
const checksumLine = /^sha256 ([0-9a-f]{64})$/;

/**
 * The snapshot as a text: a line of JSON about the whole, a line `<key> <revision> <JSON>` for each record, and a line
 * `sha256 <hex>` with the checksum of everything before it.
 */
export function snapshotText({ records, ...about }: Snapshot): string {
  const header = { format, version: formatVersion, ...about, records: records.length };
  const lines = records.map(({ key, revision, json }) => `${key} ${revision} ${json}`);
  const body = `${[JSON.stringify(header), ...lines].join('\n')}\n`;
  return `${body}sha256 ${sha256Of(body)}\n`;
}

/** Reads what `snapshotText` wrote. Records are looked at no further than their checksum. */
export function readSnapshot(text: string): Read {
  if (text.trim() === '') return unreadable('it is empty');
  const lastLine = text.lastIndexOf('\n', text.length - 2) + 1;
  const body = text.slice(0, lastLine);
  const [first = '', ...lines] = body.split('\n').slice(0, -1);
  const header = v.safeParse(Header, jsonIn(first));
  const checksum = checksumLine.exec(text.slice(lastLine, -1))?.[1];
  if (checksum === undefined || !text.endsWith('\n')) {
    return unreadable(header.success ? 'it is cut short' : 'it is no snapshot of localpaas');
  }
  if (sha256Of(body) !== checksum) return unreadable('its checksum does not fit');
  if (!header.success) return unreadable(reasonOf(header.issues));
  const { version, records: count, format: _, ...about } = header.output;
  if (version > formatVersion) return unreadable(`a newer localpaas wrote it (${about.program})`);
  const records = lines.map(recordOf);
  if (records.includes(undefined) || records.length !== count) return unreadable('its lines are no records');
  return { ok: true, snapshot: { ...about, records: records.filter((each) => each !== undefined) } };
}

function recordOf(line: string): SnapshotRecord | undefined {
  const [, key, revision, json] = recordLine.exec(line) ?? [];
  return key === undefined || json === undefined ? undefined : { key, revision: Number(revision), json };
}

function unreadable(reason: string): Read {
  return { ok: false, reason };
}
