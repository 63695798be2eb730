import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { routerRegister } from '#contract/routes.ts';
import type { Bus, BusAddress } from '#ground/bus.ts';
import type { Running } from '#ground/component.ts';
import { ensureDirectory } from '#ground/files.ts';
import { call } from '#ground/http-client.ts';
import { silentLog } from '#ground/log.ts';
import { CloudControllerOptions, cloudController } from '../../../src/components/cloud-controller/index.ts';
import { connectBus, startBus } from '../../support/bus.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import type { Scope } from '../../support/spec.ts';

/** What a request was answered. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  // The point of these tests is to look into bodies; a wrong look is `undefined` and fails the assertion.
  // biome-ignore lint/suspicious/noExplicitAny: see above
  readonly body: any;
  readonly text: string;
}

export interface Request {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Another token than the administrator's; none when null. */
  readonly token?: string | null;
}

export interface RunningApi {
  readonly bus: Bus;
  readonly address: BusAddress;
  readonly dataDir: string;
  readonly base: string;
  readonly port: number;
  readonly admin: { readonly user: string; readonly password: string };
  readonly running: Running;
  /** Guids of the one organization, space and domain. */
  readonly places: { readonly organization: string; readonly space: string; readonly domain: string };
  ask(method: string, path: string, request?: Request): Promise<Answer>;
}

export interface Surroundings {
  readonly options?: Partial<CloudControllerOptions>;
  /** What an earlier one left; a bus and a directory of its own when absent. */
  readonly again?: Pick<RunningApi, 'address' | 'dataDir'>;
}

/** The cloud controller on a real bus, with the administrator logged in. */
export async function startCloudController(
  scope: Scope,
  { options = {}, again }: Surroundings = {},
): Promise<RunningApi> {
  const address = again?.address ?? (await startBus(scope)).address;
  const dataDir = again?.dataDir ?? (await ensureDirectory(join(await scratchDirectory(scope), 'cloud-controller')));
  const bus = await connectBus(scope, address);
  let port = 0;
  scope.use(
    bus.subscribe(routerRegister, (route) => {
      port = route.port;
    }),
  );
  await bus.flush();
  const signal = new AbortController().signal;
  const context = { bus: await connectBus(scope, address), log: silentLog, dataDir, signal };
  const running = scope.use(await cloudController.start(context, v.parse(CloudControllerOptions, options)));
  await bus.flush();

  const base = `http://127.0.0.1:${port}`;
  const admin = JSON.parse(await readFile(join(dataDir, 'admin.json'), 'utf8')) as { user: string; password: string };
  const token = await logIn(base, admin);
  const ask: RunningApi['ask'] = (method, path, request = {}) => send(base, method, path, { token, ...request });
  const guidOf = async (list: string) => (await ask('GET', list)).body.resources[0].guid as string;
  const places = {
    organization: await guidOf('/v3/organizations'),
    space: await guidOf('/v3/spaces'),
    domain: await guidOf('/v3/domains'),
  };
  return { bus, address, dataDir, base, port, admin, running, places, ask };
}

export async function logIn(base: string, { user, password }: RunningApi['admin']): Promise<string> {
  const answer = await send(base, 'POST', '/oauth/token', {
    headers: { authorization: basic('cf', ''), 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ grant_type: 'password', username: user, password }).toString(),
  });
  return answer.body.access_token;
}

export function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

/** One request. An object goes out as JSON, texts and bytes as they stand. */
export async function send(base: string, method: string, path: string, request: Request = {}): Promise<Answer> {
  const { body, headers = {}, token = null } = request;
  const answer = await call(base + path, {
    method,
    headers: { ...(token === null ? {} : { authorization: `bearer ${token}` }), ...headers },
    ...(body === undefined ? {} : { body: isRaw(body) ? body : JSON.stringify(body) }),
  });
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, body: bodyOf(text), text };
}

function isRaw(body: unknown): body is string | Uint8Array {
  return typeof body === 'string' || body instanceof Uint8Array;
}

function bodyOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
