import { deflateSync, inflateSync } from 'node:zlib';
import * as v from 'valibot';
import { reasonOf } from './reason-of.ts';
import type { Subject } from './subject.ts';
import { textBytes } from './text-bytes.ts';

const decoder = new TextDecoder();

/** What is a mebibyte on its way can become a gibibyte here: nobody needs more than this. */
const maxInflatedBytes = 4 * 1024 * 1024;

/** A message as it travels; none at all is an empty payload, as the old Ruby clients have it. @throws TypeError when it is not what the subject carries: a bug on our side */
export function encode<Message>(subject: Subject<Message>, message: Message): Uint8Array {
  const checked = subject.isPlain?.(message) === true ? undefined : v.safeParse(subject.schema, message);
  if (checked?.success === false) {
    throw new TypeError(`This is not a message for ${subject.name}: ${reasonOf(checked.issues)}`);
  }
  const bytes = textBytes(message === null || message === undefined ? '' : JSON.stringify(message));
  return subject.coding === 'deflate' ? deflateSync(bytes) : bytes;
}

export type Parsed<T> = { ok: true; value: T } | { ok: false; reason: string; raw: unknown };

/** What came, as the schema has it, or what is wrong with it. */
export function parse<T>({ schema, coding, isPlain }: Omit<Subject<T>, 'name'>, data: Uint8Array): Parsed<T> {
  let text: string;
  try {
    text = decoder.decode(coding === 'deflate' ? inflated(data) : data);
  } catch {
    return { ok: false, reason: `it is no deflated text of at most ${maxInflatedBytes} bytes`, raw: null };
  }
  let raw: unknown;
  try {
    // The old Ruby clients publish "nothing" as an empty payload.
    raw = text === '' ? null : JSON.parse(text);
  } catch {
    return { ok: false, reason: 'it is not JSON', raw: text };
  }
  if (isPlain?.(raw) === true) return { ok: true, value: raw as T }; // the schema would say no more
  const checked = v.safeParse(schema, raw);
  return checked.success ? { ok: true, value: checked.output } : { ok: false, reason: reasonOf(checked.issues), raw };
}

/** @throws Error when it is no deflated data, or longer than anybody needs; what is too long is not inflated to its end */
function inflated(data: Uint8Array): Uint8Array {
  return inflateSync(data, { maxOutputLength: maxInflatedBytes });
}
