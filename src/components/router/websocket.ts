import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Gives an answer to a websocket request the head that its client is to see: `headers`, names and values by turns, and
 * what a switch of protocols, or the framing of a refusal, needs.
 */
export function prepareAnswer(answer: IncomingMessage, headers: readonly string[]): void {
  const head: Record<string, string[]> = {};
  for (let at = 0; at + 1 < headers.length; at += 2) {
    const name = (headers[at] ?? '').toLowerCase();
    head[name] = [...(head[name] ?? []), headers[at + 1] ?? ''];
  }
  const single = Object.fromEntries(
    Object.entries(head).map(([name, values]) => [name, values.length === 1 ? values[0] : values]),
  );
  const { 'transfer-encoding': coding } = answer.headers;
  if (answer.statusCode === 101) Object.assign(single, { connection: 'Upgrade', upgrade: 'websocket' });
  else if (coding !== undefined) Object.assign(single, { 'transfer-encoding': coding });
  answer.headers = single as IncomingHttpHeaders; // names may repeat, which httpxy writes as several lines
  answer.statusMessage = (answer.statusMessage ?? '').replace(/[^\t\x20-\x7e]/g, '?');
}

/** When one side of a websocket is gone the other goes, after what was written to it was sent. */
export function keepTogether(client: Socket, app: Socket): void {
  client.once('close', () => app.destroySoon());
  app.once('close', () => client.destroySoon());
}
