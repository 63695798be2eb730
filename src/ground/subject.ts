import type * as v from 'valibot';

type Schema<T> = v.GenericSchema<unknown, T>;

/** A subject of the bus together with the message it carries. `{}` parts of a pattern are filled by `at`. */
export interface Subject<Message> {
  /** The subject as it stands on the bus; for a family of subjects, the wildcard pattern. */
  readonly name: string;
  readonly schema: Schema<Message>;
}

/** A family of subjects that differ in one token, e.g. `dea.<uuid>.start`. */
export interface SubjectFamily<Message> extends Subject<Message> {
  /** The member for `token`, which must not hold blanks, dots or wildcards. */
  at(token: string): Subject<Message>;
  /** The token of a member, as it came in with a message. */
  tokenOf(subject: string): string;
}

/** A question on the bus: a request subject, and the schema of each reply. */
export interface Exchange<Request, Reply> extends Subject<Request> {
  readonly reply: Schema<Reply>;
}

export function subject<Message>(name: string, schema: Schema<Message>): Subject<Message> {
  return { name, schema };
}

export function exchange<Request, Reply>(
  name: string,
  schema: Schema<Request>,
  reply: Schema<Reply>,
): Exchange<Request, Reply> {
  return { name, schema, reply };
}

/** @param pattern has exactly one `*` token, which stands for the varying part */
export function subjectFamily<Message>(pattern: string, schema: Schema<Message>): SubjectFamily<Message> {
  const position = pattern.split('.').indexOf('*');
  return {
    name: pattern,
    schema,
    at: (token) => ({ name: pattern.replace('*', () => checkToken(token)), schema }),
    tokenOf: (name) => name.split('.')[position] ?? '',
  };
}

function checkToken(token: string): string {
  if (!/^[^\s.*>]+$/.test(token)) throw new TypeError(`'${token}' cannot be part of a subject.`);
  return token;
}
