import { waitFor } from '#ground/wait.ts';
import type { Scope } from '../../../support/spec.ts';
import { multipartOf, zipWith } from '../operations.ts';
import { type FileViewer, playDea, playStager } from '../play-peers.ts';
import { type Answer, type Request, type RunningApi, send, startCloudController } from '../start-cloud-controller.ts';

export interface RunningV1 extends RunningApi {
  /** Of a login as vmc makes it. */
  readonly token: string;
  /** A request as vmc makes it: the token alone in the header. */
  v1(method: string, path: string, request?: Request): Promise<Answer>;
}

interface V1Surroundings {
  readonly viewer?: FileViewer;
  /** Without peers nothing is staged, and nothing runs. */
  readonly peers?: boolean;
  readonly again?: Pick<RunningApi, 'address' | 'dataDir'>;
}

/** The cloud controller as a client of 2012 finds it, with peers that stage and run everything. */
export async function startV1(scope: Scope, given: V1Surroundings = {}): Promise<RunningV1> {
  const options = { domain: 'vcap.me', adminName: 'a@b.c', adminPassword: 'pw', stagerSearchSeconds: 0.2 };
  const api = await startCloudController(scope, {
    options,
    ...(given.again === undefined ? {} : { again: given.again }),
  });
  if (given.peers !== false) {
    playStager(scope, api.bus);
    playDea(scope, api.bus, given.viewer);
    await api.bus.flush();
  }
  const { body } = await send(api.base, 'POST', '/users/a%40b.c/tokens', { body: { password: 'pw' } });
  const token = body.token as string;
  const v1: RunningV1['v1'] = (method, path, request = {}) =>
    send(api.base, method, path, { ...request, headers: { authorization: token, ...request.headers } });
  return { ...api, token, v1 };
}

export const sinatraApp = {
  name: 'hello',
  uris: ['hello.vcap.me'],
  instances: 1,
  staging: { framework: 'sinatra', runtime: 'ruby19' },
  resources: { memory: 128 },
};

/** Uploads files as vmc does: `_method=put` in a POST. */
export async function uploadFiles(
  { v1 }: RunningV1,
  name: string,
  files: Readonly<Record<string, string>>,
  resources: unknown = [],
): Promise<Answer> {
  const parts = [{ name: '_method', content: 'put' }];
  const zip = { name: 'application', filename: 'up.zip', content: await zipWith(files) };
  const sent = Object.keys(files).length === 0 ? [] : [zip];
  const known = { name: 'resources', content: JSON.stringify(resources) };
  return v1('POST', `/apps/${name}/application`, multipartOf([...parts, ...sent, known]));
}

/** Makes an app, uploads it and starts it. Resolves when all of it runs. */
export async function runningApp(api: RunningV1, more: object = {}): Promise<void> {
  const made = await api.v1('POST', '/apps', { body: { ...sinatraApp, ...more } });
  if (made.status !== 302) throw new Error(`The app was not made: ${made.text}`);
  await uploadFiles(api, 'hello', { 'app.rb': 'require "sinatra"\n' });
  const started = await api.v1('PUT', '/apps/hello', { body: { state: 'STARTED' } });
  if (started.status !== 200) throw new Error(`The app was not started: ${started.text}`);
  await untilRunning(api, 'hello');
}

export async function untilRunning({ v1 }: RunningV1, name: string): Promise<void> {
  const areRunning = async () => {
    const app = (await v1('GET', `/apps/${name}`)).body;
    return app.runningInstances === app.instances ? true : undefined;
  };
  await waitFor('the instances', areRunning, { limitMs: 15_000 });
}

/** `301 There is no app 'x'.` with the status before it: `404 301 There is…` */
export function refusalOf({ status, body }: Answer): string {
  return `${status} ${body.code} ${body.description}`;
}
