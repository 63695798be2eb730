import * as v from 'valibot';
import { sha256Of } from './digest.ts';
import { systemCodeOf } from './errors.ts';
import { readIfThere, writeFileDurably } from './files.ts';
import { jsonIn } from './json-in.ts';
import { reasonOf } from './reason-of.ts';

/** What a file holds, or why that cannot be known. */
export type Checked<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reason: string };

/** The value as JSON, with a checksum of itself as its last member: a flipped bit often leaves valid JSON. */
export function checkedText(value: object): string {
  const { sha256: _, ...content } = value as { sha256?: unknown };
  return `${JSON.stringify({ ...content, sha256: sha256Of(JSON.stringify(content)) }, null, 2)}\n`;
}

/** Writes the value with its checksum, so that a power cut leaves the old content or the new one. */
export function writeCheckedFile(path: string, value: object, mode = 0o600): Promise<void> {
  return writeFileDurably(path, checkedText(value), mode);
}

/**
 * Reads a JSON file of our own; `undefined` when there is none. One without a checksum, written by hand or by others,
 * is taken by its schema alone. @throws the system's error when it may not be read
 */
export async function readCheckedFile<T>(
  path: string,
  schema: v.GenericSchema<unknown, T>,
): Promise<Checked<T> | undefined> {
  let text: string | undefined;
  try {
    text = await readIfThere(path);
  } catch (error) {
    const reason = damageOf(error);
    if (reason === undefined) throw error;
    return { ok: false, reason };
  }
  return text === undefined ? undefined : checkedValue(text, schema);
}

export function checkedValue<T>(text: string, schema: v.GenericSchema<unknown, T>): Checked<T> {
  if (text.trim() === '') return { ok: false, reason: 'it is empty' };
  const content = jsonIn(text);
  if (content === undefined) return { ok: false, reason: 'it is no JSON' };
  if (hasChecksum(content)) {
    const { sha256, ...value } = content;
    if (sha256 !== sha256Of(JSON.stringify(value))) return { ok: false, reason: 'its checksum does not fit' };
  }
  const parsed = v.safeParse(schema, content);
  return parsed.success ? { ok: true, value: parsed.output } : { ok: false, reason: reasonOf(parsed.issues) };
}

/** Why a file of ours cannot be read, when the disk or what happened to it is the reason; `undefined` for others. */
export function damageOf(error: unknown): string | undefined {
  const code = systemCodeOf(error);
  if (code === 'EISDIR') return 'it is a directory';
  if (code === 'ENOTDIR') return 'a file stands where its directory was';
  if (code === 'EIO' || code === 'EUCLEAN' || code === 'EBADMSG') return `the disk cannot read it (${code})`;
  return undefined;
}

function hasChecksum(content: unknown): content is { sha256: unknown } {
  return typeof content === 'object' && content !== null && 'sha256' in content;
}
