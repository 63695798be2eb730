import type * as v from 'valibot';

type Schema<T> = v.GenericSchema<unknown, T>;

/** A subject of the bus together with the message it carries. `{}` parts of a pattern are filled by `at`. */
export interface Subject<Message> {
  /** The subject as it stands on the bus; for a family of subjects, the wildcard pattern. */
  readonly name: string;
  readonly schema: Schema<Message>;
  /** How the text travels, if not as it is: deflated, in the format of zlib. */
  readonly coding?: 'deflate';
  /** Only for what comes by the thousand. */
  readonly isPlain?: PlainCheck;
}

/**
 * Whether the schema takes a message, and leaves it as it is, told by hand and so in a fraction of the time. What it does
 * not know the schema decides.
 */
export type PlainCheck = (message: unknown) => boolean;

/** A family of subjects that differ in one token, e.g. `dea.<uuid>.start`. */
export interface SubjectFamily<Message> extends Subject<Message> {
  /** The member for `token`. @throws TypeError when that is none */
  at(token: string): Subject<Message>;
  /** The token of a member, as it came in with a message. */
  tokenOf(subject: string): string;
}

/** A question on the bus: a request subject, and the schema of each reply. */
export interface Exchange<Request, Reply> extends Subject<Request> {
  readonly reply: Schema<Reply>;
}

export function subject<Message>(name: string, schema: Schema<Message>, isPlain?: PlainCheck): Subject<Message> {
  return { name, schema, ...(isPlain && { isPlain }) };
}

export function exchange<Request, Reply>(
  name: string,
  schema: Schema<Request>,
  reply: Schema<Reply>,
): Exchange<Request, Reply> {
  return { name, schema, reply };
}

/** A subject whose messages are too long to travel as text. */
export function deflatedSubject<Message>(name: string, schema: Schema<Message>): Subject<Message> {
  return { name, schema, coding: 'deflate' };
}

/** @param pattern has exactly one `*` token, which stands for the varying part */
export function subjectFamily<Message>(
  pattern: string,
  schema: Schema<Message>,
  isPlain?: PlainCheck,
): SubjectFamily<Message> {
  const position = pattern.split('.').indexOf('*');
  return {
    ...subject(pattern, schema, isPlain),
    at: (token) =>
      subject(
        pattern.replace('*', () => checkToken(token)),
        schema,
        isPlain,
      ),
    tokenOf: (name) => name.split('.')[position] ?? '',
  };
}

/** What can be no part of a token. */
const separators = /[\s.*>\p{Cc}]/gu;
/** A server hangs up on whoever names a subject that is too long for it; the original took no more than 1024 bytes. */
const longestToken = 200;

/** Whether a text can be one part of a subject: without blanks, dots, wildcards and control characters, and not too long. */
export function isToken(text: string): boolean {
  return text !== '' && text.length <= longestToken && text.search(separators) < 0;
}

/** The token closest to a text of whatever kind. */
export function tokenFor(text: string): string {
  return text.replace(separators, '_').slice(0, longestToken) || '_';
}

function checkToken(token: string): string {
  if (!isToken(token)) throw new TypeError(`'${token}' cannot be part of a subject.`);
  return token;
}
