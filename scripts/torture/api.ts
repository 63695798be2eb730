import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import {
  App,
  AppEnvironment,
  Droplet,
  Package,
  Process,
  pageOf,
  Route,
  Space,
  TokenReply,
} from '#contract/api/resources.ts';
import { messageOf } from '#ground/errors.ts';
import { call } from '#ground/http-client.ts';

const Account = v.looseObject({ user: v.string(), password: v.string() });

/** What was said to a change. */
export interface Answered {
  readonly isAcknowledged: boolean;
  /** For people. */
  readonly said: string;
}

/** The platform's API, as a client of the network sees it. */
export class Api {
  readonly #url: string;
  readonly #home: string;
  readonly #signal: AbortSignal;
  #token: string | undefined;

  constructor(url: string, home: string, signal: AbortSignal) {
    this.#url = url;
    this.#home = home;
    this.#signal = signal;
  }

  async change(method: string, path: string, body?: object): Promise<Answered> {
    try {
      const { status, text } = await this.#exchange(method, path, body);
      return { isAcknowledged: status >= 200 && status < 300, said: `${status} ${text}` };
    } catch (error) {
      return { isAcknowledged: false, said: messageOf(error) }; // the platform died over it
    }
  }

  /** An app that is only a record. */
  async createApp(name: string): Promise<Answered> {
    try {
      const [space] = await this.list('/v3/spaces', Space);
      const relationships = { space: { data: { guid: space?.guid } } };
      return await this.change('POST', '/v3/apps', { name, relationships });
    } catch (error) {
      return { isAcknowledged: false, said: messageOf(error) };
    }
  }

  apps(): Promise<readonly App[]> {
    return this.list('/v3/apps', App);
  }

  packages(): Promise<readonly Package[]> {
    return this.list('/v3/packages', Package);
  }

  droplets(): Promise<readonly Droplet[]> {
    return this.list('/v3/droplets', Droplet);
  }

  async guidOf(name: string): Promise<string> {
    const [app] = await this.list(`/v3/apps?names=${name}`, App);
    if (app === undefined) throw new Error(`The app ${name} is gone.`);
    return app.guid;
  }

  async stateOf(guid: string): Promise<string> {
    return (await this.#get(`/v3/apps/${guid}`, App)).state;
  }

  async environmentOf(guid: string): Promise<Record<string, string>> {
    return (await this.#get(`/v3/apps/${guid}/env`, AppEnvironment)).environment_variables;
  }

  async instancesOf(guid: string): Promise<number> {
    return (await this.#get(`/v3/apps/${guid}/processes/web`, Process)).instances;
  }

  /** Host names without the domain. */
  async routesOf(guid: string): Promise<string[]> {
    return (await this.list(`/v3/apps/${guid}/routes`, Route)).map(({ host }) => host);
  }

  async hasDroplet(guid: string): Promise<boolean> {
    const { status, text } = await this.#exchange('GET', `/v3/apps/${guid}/droplets/current`);
    if (status === 200 || status === 404) return status === 200;
    throw new Error(`The current droplet was asked for and the answer was ${status}: ${text}`);
  }

  async list<T>(path: string, schema: v.GenericSchema<unknown, T>): Promise<readonly T[]> {
    const page = await this.#get(`${path}${path.includes('?') ? '&' : '?'}per_page=5000`, pageOf(schema));
    if (page.pagination.next !== null) throw new Error(`${path} has more than one page.`);
    return page.resources;
  }

  async #get<T>(path: string, schema: v.GenericSchema<unknown, T>): Promise<T> {
    const { status, text } = await this.#exchange('GET', path);
    if (status !== 200) throw new Error(`GET ${path} was answered with ${status}: ${text}`);
    return v.parse(schema, JSON.parse(text));
  }

  async #exchange(method: string, path: string, body?: object): Promise<{ status: number; text: string }> {
    const send = async () =>
      await call(`${this.#url}${path}`, {
        method,
        headers: {
          authorization: `bearer ${await this.#accessToken()}`,
          // A connection that is kept would be found dead after each kill.
          connection: 'close',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        signal: this.#signal,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    let answer = await send();
    if (answer.status === 401) {
      answer.discard();
      this.#token = undefined; // it has grown too old
      answer = await send();
    }
    return { status: answer.status, text: await answer.text() };
  }

  async #accessToken(): Promise<string> {
    this.#token ??= await this.#logIn();
    return this.#token;
  }

  async #logIn(): Promise<string> {
    const file = join(this.#home, 'cloud-controller', 'admin.json');
    const { user, password } = v.parse(Account, JSON.parse(await readFile(file, 'utf8')));
    const form = new URLSearchParams({ grant_type: 'password', username: user, password });
    const answer = await call(`${this.#url}/oauth/token`, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        authorization: `Basic ${Buffer.from('cf:').toString('base64')}`,
        connection: 'close',
      },
      body: form.toString(),
      signal: this.#signal,
    });
    const text = await answer.text();
    if (answer.status !== 200) throw new Error(`The token endpoint answered ${answer.status}: ${text}`);
    return v.parse(TokenReply, JSON.parse(text)).access_token;
  }
}
