import { Readable } from 'node:stream';
import * as v from 'valibot';
import { homeOf, type PartsRecord } from '#assembly/home.ts';
import { pageOf, TokenReply } from '#contract/api/resources.ts';
import { ActionableError, messageOf, systemCodeOf } from '#ground/errors.ts';
import { call, type HttpAnswer, type HttpCall } from '#ground/http-client.ts';
import { jsonIn } from '#ground/json-in.ts';
import { reasonOf } from '#ground/reason-of.ts';
import { sleep } from '#ground/wait.ts';
import { portOf } from './addresses.ts';
import { refusalOf, strangeAnswer } from './api-refusal.ts';
import { keepCompiledCommands } from './keep-compiled.ts';
import { type Endpoint, endpointOf, type Login, readLogin, writeLogin } from './login.ts';

type Schema<T> = v.GenericSchema<unknown, T>;

export interface ApiCall extends HttpCall {
  /** Which of the platform's endpoints is meant; `api` when absent. */
  readonly endpoint?: 'api' | 'uaa' | 'log-cache';
}

const renewBeforeMs = 60_000;
const retryAfterMs = 100;
const retries = 2;
const lostConnection: readonly string[] = ['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH'];

/** What the platform of a home answers. All requests go to the router's address; the Host header says to whom. */
export class ApiClient {
  readonly platform: PartsRecord;
  readonly #endpoint: Endpoint;
  readonly #signal: AbortSignal;
  #login: Login;
  #renewal: Promise<void> | undefined;

  private constructor(endpoint: Endpoint, login: Login, signal: AbortSignal) {
    this.#endpoint = endpoint;
    this.platform = endpoint.platform;
    this.#login = login;
    this.#signal = signal;
  }

  /** @throws ActionableError NOBODY_ANSWERED when no platform of this home was started */
  static async open(cli: { home: string; signal: AbortSignal }): Promise<ApiClient> {
    const home = homeOf(cli.home, {});
    const endpoint = await endpointOf(home);
    if (endpoint === undefined) throw nobody(`No localpaas runs with the home ${home.path}.`);
    const login = await readLogin(endpoint.loginFile);
    if (login === undefined) {
      throw new ActionableError(
        'NOBODY_ANSWERED',
        `This command line is not logged in: ${endpoint.loginFile} is missing or damaged.`,
        'Stop localpaas and start it again with `localpaas up`, which logs it in.',
      );
    }
    keepCompiledCommands();
    return new ApiClient(endpoint, login, cli.signal);
  }

  get<T>(path: string, schema: Schema<T>): Promise<T> {
    return this.#ask('GET', path, schema);
  }

  /** All resources of a list, page after page. */
  async list<T>(path: string, schema: Schema<T>): Promise<T[]> {
    const found: T[] = [];
    for (let next: string | undefined = path; next !== undefined; ) {
      const page: { resources: T[]; pagination: { next: { href: string } | null } } = await this.get(
        next,
        pageOf(schema),
      );
      found.push(...page.resources);
      // The link names the host under which the API thinks it is known; only its path is of interest.
      const link = page.pagination.next === null ? undefined : new URL(page.pagination.next.href, this.platform.url);
      next = link === undefined ? undefined : link.pathname + link.search;
    }
    return found;
  }

  post<T>(path: string, body: object, schema: Schema<T>): Promise<T> {
    return this.#ask('POST', path, schema, body);
  }

  patch<T>(path: string, body: object, schema: Schema<T>): Promise<T> {
    return this.#ask('PATCH', path, schema, body);
  }

  /** Any call with any answer below 400, whose body the caller reads or discards. @throws ActionableError */
  async exchange(path: string, request: ApiCall = {}): Promise<HttpAnswer> {
    const answer = await this.raw(path, request);
    if (answer.status >= 400) throw await refusalOf(answer, `${request.method ?? 'GET'} ${path}`);
    return answer;
  }

  /** Any call with any answer, logged in. A login that ran out is renewed first, or when the API says so. */
  async raw(path: string, request: ApiCall = {}): Promise<HttpAnswer> {
    if (this.#login.expiresAt - Date.now() < renewBeforeMs) await this.#renew();
    const answer = await this.#send(path, request);
    const isRepeatable = !(request.body instanceof Readable);
    if (answer.status !== 401 || !isRepeatable) return answer;
    answer.discard();
    await this.#renew();
    return this.#send(path, request);
  }

  async #ask<T>(method: string, path: string, schema: Schema<T>, body?: object): Promise<T> {
    const answer = await this.exchange(path, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    return this.read(answer, schema, `${method} ${path}`);
  }

  /** The body of an answer. @param asked for the error: `GET /v3/apps` */
  async read<T>(answer: HttpAnswer, schema: Schema<T>, asked: string): Promise<T> {
    const text = await answer.text().catch((error: unknown) => Promise.reject(this.#explain(error)));
    const body = jsonIn(text);
    if (body === undefined) throw strangeAnswer(answer, asked, text);
    const checked = v.safeParse(schema, body);
    if (checked.success) return checked.output;
    throw new ActionableError(
      'NOBODY_ANSWERED',
      `The answer to ${asked} cannot be understood: ${reasonOf(checked.issues)}.`,
      `The platform runs version ${this.platform.version}; stop it with \`localpaas down\` and start this one with \`localpaas up\`.`,
    );
  }

  /** Asks again when the platform has a moment's trouble, where asking twice does no harm. */
  async #send(path: string, request: ApiCall): Promise<HttpAnswer> {
    const isSafe = (request.method ?? 'GET') === 'GET';
    for (let left = isSafe ? retries : 0; left > 0; left -= 1) {
      const answer = await this.#sendOnce(path, request).catch((error: unknown) => {
        if (this.#signal.aborted || systemCodeOf(error) !== 'ECONNRESET') throw this.#explain(error);
        return undefined;
      });
      if (answer !== undefined && ![502, 503, 504].includes(answer.status)) return answer;
      answer?.discard();
      await sleep(retryAfterMs, this.#signal);
    }
    return this.#sendOnce(path, request).catch((error: unknown) => Promise.reject(this.#explain(error)));
  }

  #sendOnce(path: string, { endpoint = 'api', headers, signal, ...request }: ApiCall): Promise<HttpAnswer> {
    return call(this.platform.url + path, {
      ...request,
      signal: signal === undefined ? this.#signal : AbortSignal.any([this.#signal, signal]),
      headers: {
        authorization: `bearer ${this.#login.accessToken}`,
        accept: 'application/json',
        ...this.#host(endpoint),
        ...headers,
      },
    });
  }

  /** Names below the domain need not resolve: the router is asked by its address, with the name as a header. */
  #host(endpoint: string): Record<string, string> {
    const name = endpoint === 'api' ? this.#endpoint.apiHost : `${endpoint}.${this.platform.domain}`;
    return name === undefined ? {} : { host: `${name}:${portOf(this.platform.url)}` };
  }

  #renew(): Promise<void> {
    this.#renewal ??= this.#renewOnce().finally(() => {
      this.#renewal = undefined;
    });
    return this.#renewal;
  }

  async #renewOnce(): Promise<void> {
    const form = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: this.#login.refreshToken });
    const answer = await this.#send('/oauth/token', {
      endpoint: 'uaa',
      method: 'POST',
      headers: {
        authorization: `Basic ${Buffer.from('cf:').toString('base64')}`,
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: form.toString(),
    });
    if (answer.status >= 400) throw await refusalOf(answer, 'POST /oauth/token');
    const reply = await this.read(answer, TokenReply, 'POST /oauth/token');
    this.#login = {
      ...this.#login,
      accessToken: reply.access_token,
      refreshToken: reply.refresh_token,
      expiresAt: Date.now() + (reply.expires_in ?? 600) * 1000,
    };
    await writeLogin(this.#endpoint.loginFile, this.#login);
  }

  #explain(error: unknown): unknown {
    if (this.#signal.aborted) return this.#signal.reason;
    const code = systemCodeOf(error);
    if (code === 'ECONNREFUSED') return nobody(`No localpaas answers at ${this.platform.url}.`, error);
    const isBroken = code !== undefined && lostConnection.includes(code);
    if (!isBroken && !messageOf(error).includes('was silent for')) return error;
    return nobody(`localpaas at ${this.platform.url} stopped answering: ${messageOf(error)}.`, error);
  }
}

function nobody(message: string, cause?: unknown): ActionableError {
  return new ActionableError('NOBODY_ANSWERED', message, 'Start one with `localpaas up`.', { cause });
}
