import { createHash, timingSafeEqual } from 'node:crypto';
import type { CloudControllerOptions } from './options.ts';
import type { Setup } from './setup.ts';
import type { Holder, Tokens, VerifiedToken } from './tokens.ts';

/** UAA's refusal, in its own shape. */
export class LoginRefused extends Error {
  readonly status: number;
  readonly body: { readonly error: string; readonly error_description: string };

  constructor(status: number, error: string, description: string) {
    super(description);
    this.name = 'LoginRefused';
    this.status = status;
    this.body = { error, error_description: description };
  }
}

export interface Login {
  readonly access_token: string;
  readonly refresh_token?: string;
  readonly token_type: 'bearer';
  /** Seconds. */
  readonly expires_in: number;
  readonly scope: string;
  readonly jti: string;
}

type Limits = Pick<CloudControllerOptions, 'accessTokenSeconds' | 'refreshTokenSeconds'>;

const rememberedTokens = 1_000;
const weekSeconds = 7 * 86_400;

/** Who may come in: the administrator by name and password, and whoever shows a token that was given out here. */
export class Access {
  readonly #setup: Setup;
  readonly #limits: Limits;
  /** Tokens that were good when they were shown first. */
  readonly #verified = new Map<string, VerifiedToken>();
  #tokens: Promise<Tokens> | undefined;

  constructor(setup: Setup, limits: Limits) {
    this.#setup = setup;
    this.#limits = limits;
  }

  /** @throws LoginRefused */
  async withPassword(name: string, password: string): Promise<Login> {
    if (!this.#isAdmin(name, password)) throw badCredentials();
    return this.#login({ clientId: 'cf', user: this.#user() });
  }

  /** For programs: the administrator's name and password as client id and secret. @throws LoginRefused */
  async withClientCredentials(clientId: string, secret: string): Promise<Login> {
    if (!this.#isAdmin(clientId, secret)) throw badCredentials();
    return this.#login({ clientId });
  }

  /** For clients of 2012, which keep their token for a week and cannot renew it. @throws LoginRefused */
  async tokenForAWeek(name: string, password: string): Promise<string> {
    if (!this.#isAdmin(name, password)) throw badCredentials();
    return (await this.#load()).issue('access', { clientId: 'vmc', user: this.#user() }, weekSeconds);
  }

  /** @throws LoginRefused */
  async withRefreshToken(token: string): Promise<Login> {
    const verified = await (await this.#load()).verify('refresh', token);
    if (verified?.holder.user?.guid !== this.#setup.admin.guid) {
      throw new LoginRefused(401, 'invalid_token', 'The refresh token is not valid any more. Log in again.');
    }
    return this.#login({ clientId: 'cf', user: this.#user() });
  }

  /** @returns undefined when the access token is not good, or not any more */
  async verify(token: string, nowMs: number = Date.now()): Promise<VerifiedToken | undefined> {
    const known = this.#verified.get(token);
    if (known !== undefined && known.expiresAt * 1000 > nowMs) return known;
    this.#verified.delete(token);
    const verified = await (await this.#load()).verify('access', token);
    if (verified === undefined) return undefined;
    if (this.#verified.size >= rememberedTokens) this.#verified.clear();
    this.#verified.set(token, verified);
    return verified;
  }

  /** Loads what the first token would have to wait for. */
  async warmUp(): Promise<void> {
    await this.#load();
  }

  async #login(holder: Holder): Promise<Login> {
    const tokens = await this.#load();
    const { accessTokenSeconds, refreshTokenSeconds } = this.#limits;
    const [access, refresh] = await Promise.all([
      tokens.issue('access', holder, accessTokenSeconds),
      holder.user === undefined ? undefined : tokens.issue('refresh', holder, refreshTokenSeconds),
    ]);
    return {
      access_token: access,
      ...(refresh === undefined ? {} : { refresh_token: refresh }),
      token_type: 'bearer',
      expires_in: Math.ceil(accessTokenSeconds),
      scope: 'openid cloud_controller.admin cloud_controller.read cloud_controller.write',
      jti: jtiOf(access),
    };
  }

  /** The token library is loaded when the first token is needed, not while the platform starts. */
  #load(): Promise<Tokens> {
    this.#tokens ??= import('./tokens.ts').then(({ Tokens }) => new Tokens(this.#setup.secret));
    return this.#tokens;
  }

  #user(): { guid: string; name: string } {
    const { guid, name } = this.#setup.admin;
    return { guid, name };
  }

  #isAdmin(name: string, password: string): boolean {
    const { admin } = this.#setup;
    const rightName = isSame(name, admin.name);
    return isSame(password, admin.password) && rightName;
  }
}

function badCredentials(): LoginRefused {
  return new LoginRefused(401, 'unauthorized', 'Bad credentials');
}

/** Compares in a time that tells nothing. */
function isSame(one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}

function jtiOf(token: string): string {
  const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
  return typeof claims === 'object' && claims !== null && 'jti' in claims ? String(claims.jti) : '';
}
