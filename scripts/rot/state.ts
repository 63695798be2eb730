import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { App, AppEnvironment, apiTime, Package, Process, pageOf, Route } from '#contract/api/resources.ts';
import { call } from '#ground/http-client.ts';

/** The desired state as clients see it: by `<kind> <guid>`, everything about it as one text. */
export type State = ReadonlyMap<string, string>;

const Guid = v.looseObject({ guid: v.string() });
const Login = v.looseObject({ accessToken: v.string() });
const Checksum = v.looseObject({ checksum: v.looseObject({ value: v.nullable(v.string()) }) });
const Droplet = v.looseObject({ guid: v.string(), created_at: v.string(), ...Checksum.entries });
const Current = v.looseObject({ data: v.looseObject({ guid: v.string() }) });
const EventPage = v.looseObject({
  pagination: v.looseObject({ total_pages: v.number() }),
  resources: v.array(v.looseObject({ guid: v.string() })),
});

/** Asks the API of a running platform as its own command line does. */
export class Client {
  readonly #url: string;
  readonly #token: string;

  private constructor(url: string, token: string) {
    this.#url = url;
    this.#token = token;
  }

  static async logIn(url: string, home: string): Promise<Client> {
    const text = await readFile(join(home, 'cli', 'login.json'), 'utf8');
    return new Client(url, v.parse(Login, JSON.parse(text)).accessToken);
  }

  async ask(method: string, path: string, body?: object): Promise<{ status: number; body: unknown }> {
    const headers = { authorization: `bearer ${this.#token}`, 'content-type': 'application/json' };
    const answer = await call(this.#url + path, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, body: text === '' ? undefined : JSON.parse(text) };
  }

  async get<T>(path: string, schema: v.GenericSchema<unknown, T>): Promise<T> {
    const { status, body } = await this.ask('GET', path);
    if (status !== 200) throw new Error(`GET ${path} was answered with ${status}: ${JSON.stringify(body)}`);
    return v.parse(schema, body);
  }

  /** @throws Error unless it is acknowledged */
  async change(method: string, path: string, body?: object): Promise<unknown> {
    const answer = await this.ask(method, path, body);
    if (answer.status >= 200 && answer.status < 300) return answer.body;
    throw new Error(`${method} ${path} was answered with ${answer.status}: ${JSON.stringify(answer.body)}`);
  }

  /** Changes that leave everything as it was. @throws Error unless they are acknowledged */
  async makeAndDelete(name: string): Promise<void> {
    const relationships = { space: { data: { guid: await this.guidOf('/v3/spaces') } } };
    const { guid } = v.parse(Guid, await this.change('POST', '/v3/apps', { name, relationships }));
    await this.change('DELETE', `/v3/apps/${guid}`);
  }

  /** The guid of the first of a list. */
  async guidOf(list: string): Promise<string> {
    const [first] = (await this.get(list, v.looseObject({ resources: v.array(Guid) }))).resources;
    if (first === undefined) throw new Error(`${list} is empty.`);
    return first.guid;
  }

  async state(): Promise<State> {
    const list = async <T>(path: string, schema: v.GenericSchema<unknown, T>) =>
      (await this.get(`${path}?per_page=5000`, pageOf(schema))).resources;
    const [apps, processes, packages, droplets, routes] = await Promise.all([
      list('/v3/apps', App),
      list('/v3/processes', Process),
      list('/v3/packages', Package),
      list('/v3/droplets', Droplet),
      list('/v3/routes', Route),
    ]);
    const state = new Map<string, string>();
    for (const app of apps) state.set(`app ${app.guid}`, await this.#view(app, processes));
    for (const { guid, created_at, state: is, data } of packages) {
      state.set(`package ${guid}`, JSON.stringify({ created_at, is, sha256: v.parse(Checksum, data).checksum.value }));
    }
    for (const { guid, created_at, checksum } of droplets) {
      state.set(`droplet ${guid}`, JSON.stringify({ created_at, sha256: checksum.value }));
    }
    for (const { guid, url, destinations } of routes) {
      state.set(`route ${guid}`, JSON.stringify({ url, apps: destinations.map(({ app }) => app.guid).sort() }));
    }
    return state;
  }

  /** Guids of everything that was ever recorded to have happened, in that order. */
  async events(): Promise<string[]> {
    const guids: string[] = [];
    for (let page = 1, pages = 1; page <= pages; page += 1) {
      const found = await this.get(`/v3/audit_events?per_page=100&page=${page}`, EventPage);
      pages = found.pagination.total_pages;
      guids.push(...found.resources.map(({ guid }) => guid));
    }
    return guids;
  }

  /** One app as it stands in a state. */
  async app(guid: string): Promise<string> {
    return this.#view(await this.get(`/v3/apps/${guid}`, App), [await this.get(`/v3/processes/${guid}`, Process)]);
  }

  async #view(app: App, processes: readonly Process[]): Promise<string> {
    const { guid, name, state, updated_at } = app;
    const web = processes.find((each) => each.guid === guid);
    const environment = (await this.get(`/v3/apps/${guid}/env`, AppEnvironment)).environment_variables;
    const current = await this.ask('GET', `/v3/apps/${guid}/relationships/current_droplet`);
    const droplet = current.status === 404 ? null : v.parse(Current, current.body).data.guid;
    return JSON.stringify({
      name,
      state,
      updated_at,
      environment,
      instances: web?.instances,
      memory: web?.memory_in_mb,
      disk: web?.disk_in_mb,
      droplet,
    });
  }
}

/** Whether the state of a snapshot is what it was when it was written. */
export function isWhole(text: string): boolean {
  const [, body = '', checksum] = /^(.*\n)sha256 ([0-9a-f]{64})\n$/s.exec(text) ?? [];
  return checksum !== undefined && createHash('sha256').update(body).digest('hex') === checksum;
}

const Header = v.looseObject({ events: v.object({ revision: v.number() }) });

/** How many events a snapshot that is whole knows of. */
export function eventsInSnapshot(text: string): number {
  return v.parse(Header, JSON.parse(text.slice(0, text.indexOf('\n')))).events.revision;
}

/** The state in a snapshot that is whole, as clients would see it. */
export function stateInSnapshot(text: string): State {
  const lines = text.split('\n').slice(1, -2);
  return new Map(
    lines.flatMap((line) => {
      const [, kind = '', guid = '', json = ''] = /^(\w+)\.(\S+) \d+ (.*)$/.exec(line) ?? [];
      const view = viewOf(kind, JSON.parse(json));
      return view === undefined ? [] : [[`${kind} ${guid}`, JSON.stringify(view)] as const];
    }),
  );
}

// A record is what the program wrote; a field that is missing shows in the comparison.
// biome-ignore lint/suspicious/noExplicitAny: see above
function viewOf(kind: string, record: any): object | undefined {
  const created_at = apiTime(new Date(record.createdAt));
  if (kind === 'package') return { created_at, is: record.state, sha256: record.sha256 };
  if (kind === 'droplet') return { created_at, sha256: record.sha256 };
  if (kind === 'route') {
    const url = `${record.host}.${record.domain}${record.path}`;
    return { url, apps: record.destinations.map(({ app }: { app: string }) => app).sort() };
  }
  if (kind !== 'app') return undefined;
  const [web] = record.processes;
  return {
    name: record.name,
    state: record.state,
    updated_at: apiTime(new Date(record.updatedAt)),
    environment: record.environment,
    instances: web.instances,
    memory: web.memoryMb,
    disk: web.diskMb,
    droplet: record.currentDroplet,
  };
}
