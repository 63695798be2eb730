import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** A name and password the platform's own parts show each other over HTTP Basic. */
export interface Credentials {
  readonly user: string;
  readonly password: string;
}

/** A password nobody can guess. */
export function newCredentials(user: string): Credentials {
  return { user, password: randomBytes(18).toString('base64url') };
}

/** `http://host:port` with the credentials in it, for whoever is to fetch something there. */
export function addressWith(address: string, { user, password }: Credentials): string {
  return address.replace('://', `://${user}:${password}@`);
}

/** Whether an `Authorization` header shows these credentials. How long it takes tells nothing about them. */
export function shows(authorization: string | undefined, { user, password }: Credentials): boolean {
  const encoded = /^basic +(\S+)$/i.exec(authorization ?? '')?.[1] ?? '';
  const digest = (text: string | Buffer) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(Buffer.from(encoded, 'base64')), digest(`${user}:${password}`));
}
