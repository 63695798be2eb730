import { randomUUID } from 'node:crypto';
import { SignJWT } from 'jose/jwt/sign';
import { jwtVerify } from 'jose/jwt/verify';

/** Whom a token speaks for. */
export interface Holder {
  /** `cf` for people, their own name for programs. */
  readonly clientId: string;
  /** Absent for a program that logged in for itself. Clients want all three of a user or none. */
  readonly user?: { readonly guid: string; readonly name: string };
}

export interface VerifiedToken {
  readonly holder: Holder;
  /** Seconds since 1970. */
  readonly expiresAt: number;
}

type Use = 'access' | 'refresh';

const algorithm = 'HS256';
const issuer = 'localpaas';
const scopes = [
  'cloud_controller.admin',
  'cloud_controller.read',
  'cloud_controller.write',
  'openid',
  'doppler.firehose',
];

/** Makes and checks tokens: JWTs with the claims UAA gives them, signed with a key that never leaves this component. */
export class Tokens {
  readonly #secret: Uint8Array;

  constructor(secret: Uint8Array) {
    this.#secret = secret;
  }

  issue(use: Use, { clientId, user }: Holder, seconds: number): Promise<string> {
    const claims = {
      use,
      scope: scopes,
      client_id: clientId,
      cid: clientId,
      azp: clientId,
      ...(user === undefined
        ? { grant_type: 'client_credentials' }
        : { user_id: user.guid, user_name: user.name, email: user.name, origin: 'uaa', grant_type: 'password' }),
    };
    const now = Math.floor(Date.now() / 1000);
    return new SignJWT(claims)
      .setProtectedHeader({ alg: algorithm, typ: 'JWT' })
      .setJti(randomUUID())
      .setIssuer(issuer)
      .setSubject(user?.guid ?? clientId)
      .setAudience(['cloud_controller', clientId])
      .setIssuedAt(now)
      .setExpirationTime(now + Math.ceil(seconds))
      .sign(this.#secret);
  }

  /** @returns undefined when the token is not ours, not for this use, or too old */
  async verify(use: Use, token: string): Promise<VerifiedToken | undefined> {
    try {
      const { payload } = await jwtVerify(token, this.#secret, { algorithms: [algorithm], issuer });
      const { client_id, user_id, user_name, exp } = payload;
      if (payload['use'] !== use || typeof client_id !== 'string' || exp === undefined) return undefined;
      const user =
        typeof user_id === 'string' && typeof user_name === 'string' ? { guid: user_id, name: user_name } : undefined;
      return { holder: { clientId: client_id, ...(user === undefined ? {} : { user }) }, expiresAt: exp };
    } catch {
      return undefined; // whatever is wrong with it, it is no token of ours
    }
  }
}
