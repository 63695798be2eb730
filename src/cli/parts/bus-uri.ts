import type { BusAddress } from '#ground/bus.ts';
import { ActionableError } from '#ground/errors.ts';

/** Where a client of 2012 looks when nobody tells it. */
export const usualBusUri = 'nats://localhost:4222';

/**
 * Where a bus is, from an address as configuration files have it: `nats://user:password@host:port`.
 * @throws ActionableError BAD_INPUT
 */
export function busAddressOf(uri: string): BusAddress {
  const url = URL.canParse(uri) ? new URL(uri) : undefined;
  if (url === undefined || url.protocol !== 'nats:' || url.hostname === '') {
    throw new ActionableError(
      'BAD_INPUT',
      `'${uri}' is no address of a message bus.`,
      'Write it as nats://host:port, or as nats://user:password@host:port.',
    );
  }
  const address = `nats://${url.hostname}:${url.port === '' ? 4222 : url.port}`;
  if (url.username === '') return { url: address };
  return { url: address, user: decoded(url.username), password: decoded(url.password) };
}

/** For people to read: without the password. */
export function shownAddress(uri: string): string {
  return uri.replace(/(\w:\/\/[^/@:\s]*):[^/@\s]*@/, '$1:***@');
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a lone `%` is taken as it stands
  }
}
