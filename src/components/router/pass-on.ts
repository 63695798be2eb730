import type { ClientRequest, IncomingMessage, InformationEvent, ServerResponse } from 'node:http';

/** Not characters of a reason phrase; sent on, they could end the line or the process. */
const control = /[^\t\x20-\x7e\x80-\xff]/;

/**
 * Gives the client what the app answers: the head at once, then the body as it comes, then its trailers.
 * @param headers of the client's answer, names and values by turns
 * @param onBytes told of each piece of the body
 * @throws Error when the head is none that can be passed on; the client has nothing of it then
 */
export function passOn(
  answer: IncomingMessage,
  response: ServerResponse,
  { headers, onBytes }: { headers: string[]; onBytes: (bytes: number) => void },
): void {
  if (control.test(answer.statusMessage ?? '')) throw new Error('its reason phrase has control characters');
  response.writeHead(answer.statusCode ?? 0, answer.statusMessage ?? '', headers);
  // Events may be far apart: the client is to know at once that the app answers.
  if (answer.headers['content-length'] === undefined) response.flushHeaders();
  answer.on('data', (piece: Buffer) => onBytes(piece.length));
  answer.once('end', () => {
    copyTrailers(answer, response);
    response.end();
  });
  answer.pipe(response, { end: false });
}

/** Early news about an answer (100, 102, 103), as far as the client's side can tell it. */
export function passOnNews(news: InformationEvent, response: ServerResponse, expectsContinue: boolean): void {
  if (response.headersSent || response.req.httpVersionMinor === 0) return;
  if (news.statusCode === 100 && expectsContinue) response.writeContinue();
  if (news.statusCode === 102) response.writeProcessing();
  if (news.statusCode === 103) passOnHints(news, response);
}

function passOnHints({ headers }: InformationEvent, response: ServerResponse): void {
  const { link } = headers;
  if (link === undefined) return;
  try {
    response.writeEarlyHints({ link });
  } catch {
    // A link that Node finds malformed: hints may be lost, answers not.
  }
}

/** The body of `from` has ended; `to` is about to end. */
export function copyTrailers(from: IncomingMessage, to: ServerResponse | ClientRequest): void {
  const { rawTrailers } = from;
  if (rawTrailers.length === 0) return;
  const pairs: [string, string][] = [];
  for (let at = 0; at + 1 < rawTrailers.length; at += 2) {
    const name = rawTrailers[at] ?? '';
    if (!framing.has(name.toLowerCase())) pairs.push([name, rawTrailers[at + 1] ?? '']);
  }
  try {
    to.addTrailers(pairs);
  } catch {
    // Characters the parser lets pass and the writer does not: without trailers the message is still whole.
  }
}

/** In a trailer they would come too late, or say something else than the head did. */
const framing = new Set(['content-length', 'transfer-encoding', 'host', 'connection', 'trailer', 'authorization']);
