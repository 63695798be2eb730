import type { IncomingMessage } from 'node:http';
import { finished, type Readable } from 'node:stream';
import busboy from 'busboy';
import { ActionableError, messageOf } from './errors.ts';

/** What a part says of itself: nothing to rely on. */
interface SentFile {
  readonly filename: string | undefined;
}

export interface MultipartParts {
  /** Parts to keep as text: name → most bytes it may have. */
  readonly texts?: Readonly<Record<string, number>>;
  /** Parts to stream: name → who reads it to its end. What a reader throws ends the request's reading. */
  readonly files?: Readonly<Record<string, (content: Readable, sent: SentFile) => Promise<void>>>;
}

const remedy = 'Send the parts as multipart/form-data, each once, and send the body to its end.';

/**
 * Reads a `multipart/form-data` request: streams go to their readers as they come, texts are returned by name.
 * Parts nobody named are skipped. When this rejects, every reader has ended before.
 * @throws ActionableError BAD_INPUT; or what a reader threw
 */
export async function readMultipart(
  request: IncomingMessage,
  { texts = {}, files = {} }: MultipartParts,
): Promise<ReadonlyMap<string, string>> {
  const parser = openParser(request);
  const kept = new Map<string, string>();
  const seen = new Set<string>();
  const readers: Promise<void>[] = [];
  try {
    await new Promise<void>((resolve, reject) => {
      const once = (name: string) => {
        if (seen.has(name)) reject(new ActionableError('BAD_INPUT', `The part '${name}' came twice.`, remedy));
        seen.add(name);
      };
      const take = (name: string, reader: Promise<void>) => {
        once(name);
        readers.push(reader);
        reader.catch(reject);
      };
      parser.on('field', (name, value) => {
        const limit = named(texts, name);
        if (limit === undefined) return;
        once(name);
        if (Buffer.byteLength(value) > limit) reject(tooLong(name, limit));
        kept.set(name, value);
      });
      parser.on('file', (name, content, { filename }) => {
        // Whoever reads it hears of its errors; one that nobody reads any more must not end the process.
        content.on('error', () => {});
        const [reader, limit] = [named(files, name), named(texts, name)];
        if (reader !== undefined) take(name, reader(content, { filename }));
        else if (limit !== undefined)
          take(
            name,
            textOf(content, name, limit).then((text) => void kept.set(name, text)),
          );
        else content.resume();
      });
      parser.on('error', (cause) => reject(broken(cause)));
      parser.on('close', resolve);
      finished(request, { writable: false }, (cause) => {
        if (cause !== null && cause !== undefined) reject(broken(cause));
      });
      request.pipe(parser);
    });
    await Promise.all(readers);
    return kept;
  } catch (error) {
    request.unpipe(parser);
    parser.destroy();
    await Promise.allSettled(readers);
    throw error;
  }
}

/** Names come from outside: `__proto__` must find nothing. */
function named<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

function openParser(request: IncomingMessage): busboy.Busboy {
  try {
    return busboy({ headers: request.headers, limits: { fieldSize: 64 * 1024 * 1024, fields: 100, files: 100 } });
  } catch (cause) {
    throw new ActionableError('BAD_INPUT', 'The body is not multipart/form-data with a boundary.', remedy, { cause });
  }
}

async function textOf(content: Readable, name: string, limitBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of content) {
    size += (chunk as Buffer).length; // no encoding is set, so chunks are buffers
    if (size > limitBytes) throw tooLong(name, limitBytes);
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function tooLong(name: string, limitBytes: number): ActionableError {
  return new ActionableError('BAD_INPUT', `The part '${name}' is larger than ${limitBytes} bytes.`, 'Send less in it.');
}

function broken(cause: unknown): ActionableError {
  return new ActionableError('BAD_INPUT', `The multipart body cannot be read: ${messageOf(cause)}.`, remedy, { cause });
}
