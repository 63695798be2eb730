import * as v from 'valibot';
import { ActionableError } from '#ground/errors.ts';
import { jsonIn } from '#ground/json-in.ts';
import { reasonOf } from '#ground/reason-of.ts';

/** The one format there is; a program reads archives up to its own. */
export const backupFormat = 1;
export const kind = 'localpaas backup';

export const recordName = 'backup.json';
export const stateName = 'desired.state';
export const accountName = 'account.json';
const blobPrefix = 'blobs/';

const Sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const text = v.pipe(v.string(), v.maxLength(1_000));

/** The archive's first member: what it is, and what has to follow, in this order. */
export const BackupRecord = v.object({
  kind: v.literal(kind),
  format: v.literal(backupFormat),
  /** Of the program that wrote it. */
  version: text,
  /** ISO 8601. */
  createdAt: v.pipe(text, v.isoTimestamp()),
  /** Apps were `<name>.<domain>`. */
  domain: text,
  /** Where its droplets were built: what is compiled in them runs only on such a machine. */
  machine: v.object({ name: text, platform: text, architecture: text }),
  counts: v.object({ apps: whole, routes: whole, packages: whole, droplets: whole }),
  members: v.pipe(
    v.array(
      v.object({
        name: v.pipe(
          v.string(),
          v.regex(/^(desired\.state|account\.json|blobs\/[0-9a-f]{64})$/, 'is no name of a member'),
        ),
        bytes: whole,
        sha256: Sha256,
      }),
    ),
    v.check(
      (members) => members[0]?.name === stateName && members[1]?.name === accountName,
      `must begin with ${stateName} and ${accountName}`,
    ),
    v.check((members) => new Set(members.map(({ name }) => name)).size === members.length, 'must name each once'),
    v.check(
      (members) => members.slice(2).every(({ name, sha256 }) => name === nameOfBlob(sha256)),
      'must name blobs by their sha256',
    ),
  ),
});
export type BackupRecord = v.InferOutput<typeof BackupRecord>;
export type BackupMember = BackupRecord['members'][number];

const AnyRecord = v.looseObject({ kind: v.literal(kind), format: whole, version: v.optional(text, 'unknown') });

export function nameOfBlob(sha256: string): string {
  return blobPrefix + sha256;
}

/** Of a member; `undefined` when it is no blob. */
export function blobNamed(name: string): string | undefined {
  return name.startsWith(blobPrefix) ? name.slice(blobPrefix.length) : undefined;
}

/** @throws ActionableError BAD_INPUT, also for the record of a newer format */
export function readBackupRecord(bytes: Uint8Array): BackupRecord {
  const json = jsonIn(Buffer.from(bytes).toString('utf8'));
  const any = v.safeParse(AnyRecord, json);
  if (!any.success) throw notABackup(`its ${recordName} is of something else`);
  const { format, version } = any.output;
  if (format > backupFormat) {
    throw new ActionableError(
      'BAD_INPUT',
      `The backup was made by localpaas ${version} in format ${format}; this one knows formats up to ${backupFormat}.`,
      'Restore it with that version of localpaas, or a newer one.',
    );
  }
  const record = v.safeParse(BackupRecord, json);
  if (record.success) return record.output;
  throw damaged(`its ${recordName} is wrong: ${reasonOf(record.issues)}`);
}

export function notABackup(why: string, cause?: unknown): ActionableError {
  return new ActionableError(
    'BAD_INPUT',
    `This is no backup of localpaas: ${why}.`,
    'Name a file that `localpaas backup` wrote.',
    { cause },
  );
}

export function damaged(why: string, cause?: unknown): ActionableError {
  return new ActionableError(
    'BAD_INPUT',
    `The backup is damaged: ${why}.`,
    'Nothing was changed. Copy the file again from where it was made, or use another backup.',
    { cause },
  );
}
