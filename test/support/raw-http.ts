import { connect } from 'node:net';

/** An answer as it came over the wire. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly text: string;
}

/** Sends these very bytes over a connection of their own, and reads one answer. */
export function sendRaw(port: number, bytes: Uint8Array): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    let received = Buffer.alloc(0);
    const done = (answer: RawAnswer | undefined) => {
      if (answer === undefined) return;
      resolve(answer);
      socket.destroy();
    };
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      done(answerIn(received));
    });
    socket.on('error', reject);
    socket.on('close', () => reject(new Error(`The connection ended after ${received.length} bytes.`)));
  });
}

/** One request as a client of 2012 would send it. */
export function rawRequest(
  line: string,
  headers: Readonly<Record<string, string>>,
  body: Uint8Array | string = '',
): Buffer {
  const content = Buffer.from(body);
  const sent = { ...headers, ...(content.length === 0 ? {} : { 'Content-Length': String(content.length) }) };
  const lines = Object.entries(sent).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`${line} HTTP/1.1\r\n${lines.join('')}\r\n`), content]);
}

/** The answer as soon as it is there as a whole. */
function answerIn(received: Buffer): RawAnswer | undefined {
  const end = received.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const [first = '', ...lines] = received.subarray(0, end).toString('latin1').split('\r\n');
  const headers = new Map(lines.map((line) => splitAt(line, ': ')).map(([name, value]) => [name.toLowerCase(), value]));
  const rest = received.subarray(end + 4);
  const status = Number(first.split(' ')[1]);
  const body = headers.get('transfer-encoding') === 'chunked' ? dechunked(rest) : whole(rest, headers, status);
  return body === undefined ? undefined : { status, headers, text: body.toString('utf8') };
}

function whole(rest: Buffer, headers: ReadonlyMap<string, string>, status: number): Buffer | undefined {
  const length = status === 204 ? 0 : Number(headers.get('content-length') ?? Number.NaN);
  return rest.length >= length ? rest.subarray(0, length) : undefined;
}

function dechunked(rest: Buffer): Buffer | undefined {
  const chunks: Buffer[] = [];
  for (let at = 0; ; ) {
    const end = rest.indexOf('\r\n', at);
    if (end < 0) return undefined;
    const size = Number.parseInt(rest.subarray(at, end).toString('latin1'), 16);
    if (rest.length < end + 2 + size + 2) return undefined;
    if (size === 0) return Buffer.concat(chunks);
    chunks.push(rest.subarray(end + 2, end + 2 + size));
    at = end + 2 + size + 2;
  }
}

function splitAt(line: string, separator: string): [string, string] {
  const at = line.indexOf(separator);
  return at < 0 ? [line, ''] : [line.slice(0, at), line.slice(at + separator.length)];
}
