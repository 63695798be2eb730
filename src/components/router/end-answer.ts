import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

const uploadLimitMs = 1_000;
const takingLimitMs = 10_000;

/**
 * Ends an answer, and with it the connection, when the client has sent all of its request: hung up on before, its system
 * may forget the answer. Whoever does not come to an end is not waited for long.
 */
export function endAfterUpload(request: IncomingMessage, response: ServerResponse): void {
  const end = () => {
    clearTimeout(timer);
    response.end();
  };
  const timer = setTimeout(end, uploadLimitMs);
  request.once('end', end);
  response.once('close', end);
}

/** Lets the client have what there is of an answer, and see that it is not all. */
export function cutOff(client: Socket): void {
  client.destroySoon();
  if (client.destroyed) return;
  const timer = setTimeout(() => client.destroy(), takingLimitMs);
  client.once('close', () => clearTimeout(timer));
}
