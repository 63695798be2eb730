import * as assert from 'uvu/assert';
import { type AnswerHead, NotHttp } from '#components/router/answer-head.ts';
import { AnswerParser, type AnswerSink } from '#components/router/answer-parser.ts';
import { describe } from '../../support/spec.ts';

interface Read {
  readonly news: number[];
  head: AnswerHead | undefined;
  body: string;
  trailers: readonly string[] | undefined;
  /** Bytes that did not belong to the answer. */
  left: number;
}

/** What is read from these pieces, each of which is overwritten afterwards. */
function read(pieces: readonly Buffer[], isToHead = false): Read {
  const seen: Read = { news: [], head: undefined, body: '', trailers: undefined, left: 0 };
  const sink: AnswerSink = {
    onNews: ({ statusCode }) => seen.news.push(statusCode),
    onHead(head) {
      seen.head = head;
    },
    onBody(piece) {
      seen.body += typeof piece === 'string' ? piece : piece.toString('latin1');
    },
    onEnd(trailers) {
      seen.trailers = trailers;
    },
  };
  const parser = new AnswerParser();
  parser.begin(sink, isToHead);
  for (const piece of pieces) {
    seen.left += piece.length - parser.feed(piece, piece.length);
    piece.fill('#');
  }
  if (parser.endsWithConnection) parser.finish();
  return seen;
}

function wholly(text: string): Buffer[] {
  return [Buffer.from(text, 'latin1')];
}

function byteByByte(text: string): Buffer[] {
  return [...Buffer.from(text, 'latin1')].map((byte) => Buffer.from([byte]));
}

const good: Record<string, [text: string, status: number, body: string, trailers: string[]]> = {
  'with a length': ['HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello', 200, 'hello', []],
  'without a body': ['HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', 200, '', []],
  'after news': ['HTTP/1.1 103 Hints\r\nLink: <a>\r\n\r\nHTTP/1.1 200\r\nContent-Length: 1\r\n\r\nx', 200, 'x', []],
  'in chunks': [
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n5;name="v"\r\nhello\r\n00A \r\n, my world\r\n0\r\n\r\n',
    200,
    'hello, my world',
    [],
  ],
  'with trailers': [
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nX-Sum: 1\r\nX-Other:2\r\n\r\n',
    200,
    'x',
    ['X-Sum', '1', 'X-Other', '2'],
  ],
  'that ends with the connection': ['HTTP/1.0 200 OK\r\nX-A:\t b \r\n\r\nold', 200, 'old', []],
  'of status 304': ['HTTP/1.1 304 Same\r\nContent-Length: 9\r\n\r\n', 304, '', []],
  'of status 204': ['HTTP/1.1 204 None\r\nTransfer-Encoding: chunked\r\n\r\n', 204, '', []],
};

const bad: Record<string, [text: string, complaint: RegExp]> = {
  'another protocol': ['SSH-2.0-OpenSSH\r\n', /does not begin with HTTP/],
  'another version': ['HTTP/2.0 200 OK\r\n\r\n', /does not begin with HTTP\/1\./],
  'bare line feeds': ['HTTP/1.1 200 OK\nContent-Length: 0\n\n\r\n\r\n', /status line/],
  'a folded header': ['HTTP/1.1 200 OK\r\nX-A: b\r\n c\r\n\r\n', /headers is malformed/],
  'a bare carriage return': ['HTTP/1.1 200 OK\r\nX-A: b\rc\r\n\r\n', /headers is malformed/],
  'a header without a name': ['HTTP/1.1 200 OK\r\n: b\r\n\r\n', /headers is malformed/],
  'a blank before the colon': ['HTTP/1.1 200 OK\r\nContent-Length : 5\r\n\r\nhello', /headers is malformed/],
  'two equal lengths': [
    'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello',
    /two Content-Lengths/,
  ],
  'a list of lengths': ['HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\nhello', /Content-Length is '5, 5'/],
  'a signed length': ['HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\nhello', /Content-Length is '\+5'/],
  'no number as length': ['HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n', /Content-Length is ''/],
  'both framings': ['HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n', /both/],
  'another coding': ['HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n', /'gzip, chunked'/],
  'two codings': ['HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n', /gzip, chunked/],
  'chunks in HTTP/1.0': [
    'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    /only 'chunked' in HTTP\/1\.1/,
  ],
  'a chunk size that is none': ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfive\r\n', /size of a chunk/],
  'a signed chunk size': ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n+5\r\n', /size of a chunk/],
  'a chunk size beyond numbers': [
    `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${'f'.repeat(16)}\r\n`,
    /size of a chunk/,
  ],
  'a chunk longer than announced': [
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n',
    /longer|CR and LF/,
  ],
  'a chunk line without end': [
    `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;${'x'.repeat(5_000)}`,
    /line among its chunks is too long/,
  ],
  'malformed trailers': ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX A: b\r\n\r\n', /trailers/],
  'a head without end': [`HTTP/1.1 200 OK\r\nX-A: ${'a'.repeat(17_000)}`, /longer than 16 KB/],
  'another protocol agreed to by nobody': ['HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n', /nobody asked for/],
};

describe('AnswerParser', (it) => {
  for (const [what, [text, status, body, trailers]] of Object.entries(good)) {
    it(`reads an answer ${what}, however it is cut`, () => {
      for (const pieces of [wholly(text), byteByByte(text)]) {
        const seen = read(pieces);

        assert.is(seen.head?.statusCode, status);
        assert.is(seen.body, body);
        assert.equal(seen.trailers, trailers);
        assert.is(seen.left, 0);
      }
    });
  }

  for (const [what, [text, complaint]] of Object.entries(bad)) {
    it(`takes ${what} for no answer, however it is cut`, () => {
      for (const pieces of [wholly(text), byteByByte(text)]) {
        assert.throws(
          () => read(pieces),
          (error: unknown) => error instanceof NotHttp && complaint.test(error.message),
        );
      }
    });
  }

  it('says how much of what came is not of the answer', () => {
    const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

    assert.is(read(wholly(`${answer}HTTP/1.1 200 OK\r\n`)).left, 17);
    assert.is(read(wholly(answer), true).left, 2, 'an answer to HEAD has no body');
  });

  it('keeps headers as they were spelled, repeated and padded', () => {
    const { head } = read(
      wholly('HTTP/1.1 200 \xe9\r\nx-A:\t 1 \r\nX-a: \xa02\r\nConnection: a\r\nConnection: b\r\n\r\n'),
    );

    assert.equal(head?.rawHeaders, ['x-A', '1', 'X-a', '\xa02', 'Connection', 'a', 'Connection', 'b']);
    assert.is(head?.headers.connection, 'a, b');
    assert.is(head?.statusMessage, '\xe9');
  });

  it('reads a body of 200 KB from pieces that are overwritten', () => {
    const body = Array.from({ length: 50_000 }, (_, at) => String(at % 10_000).padStart(4, '0')).join('');
    const text = Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    const pieces: Buffer[] = [];
    for (let at = 0; at < text.length; at += 65_536) pieces.push(Buffer.from(text.subarray(at, at + 65_536)));

    assert.is(read(pieces).body === body, true);
  });
});
