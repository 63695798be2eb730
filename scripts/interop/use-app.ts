import { call } from '#ground/http-client.ts';
import { waitFor } from '#ground/wait.ts';
import { multipartOf, zipWith } from '../../test/components/cloud-controller/operations.ts';
import type { MixedPlatform } from './mixed-platform.ts';

const source = `require 'sinatra'
set :bind, '127.0.0.1'
get('/') { "process #{Process.pid}" }
get('/end') { Process.kill(:KILL, Process.pid) }
`;
const limitMs = 40_000;
const everyMs = 200;

/** With the API of 2012: stages an app, uses it, has it crash and stops it. @returns what was seen */
export async function useApp(platform: MixedPlatform): Promise<string> {
  const api = await logIn(platform);
  const visit = (path = '/') => answerOf(platform, 'hello.localhost', path);
  const staging = { framework: 'sinatra', runtime: 'ruby19' };
  const sizes = { instances: 1, resources: { memory: 128 } };
  await api('POST', '/apps', json({ name: 'hello', staging, uris: ['hello.localhost'], ...sizes }));
  const bits = { name: 'application', content: await zipWith({ 'app.rb': source }), filename: 'hello.zip' };
  await api('PUT', '/apps/hello/application', multipartOf([bits, { name: 'resources', content: '[]' }]));
  await api('PUT', '/apps/hello', json({ state: 'STARTED' }));

  const first = await waitFor('the app to answer', () => processIn(visit()), { limitMs, everyMs });
  await visit('/end').catch(() => {}); // there is no answer from who ends
  const other = async () => {
    const now = await processIn(visit());
    return now === first ? undefined : now;
  };
  await waitFor('the app to run again after a crash', other, { limitMs, everyMs });
  await api('PUT', '/apps/hello', json({ state: 'STOPPED' }));
  const isGone = async () => ((await processIn(visit())) === undefined ? true : undefined);
  await waitFor('the app to stop', isGone, { limitMs, everyMs });
  return 'an app was staged, answered, came back after a crash, and stopped';
}

type Api = (method: string, path: string, message?: object) => Promise<void>;

/** When the router knows the way. */
async function logIn(platform: MixedPlatform): Promise<Api> {
  const { user, password } = platform.account;
  const url = `http://127.0.0.1:${platform.port}`;
  const isUp = async () => ((await answerOf(platform, 'api.localhost', '/info'))?.status === 200 ? true : undefined);
  await waitFor('the API behind the router', isUp, { limitMs, everyMs });
  const headers: Record<string, string> = { Host: 'api.localhost' };
  const ask = async (method: string, path: string, { headers: more = {}, body = '' }: Message = {}) => {
    const answer = await call(`${url}${path}`, { method, body, headers: { ...headers, ...more }, idleMs: limitMs });
    const text = await answer.text();
    if (answer.status >= 400) throw new Error(`${method} ${path} was answered with ${answer.status}: ${text}`);
    return text;
  };
  headers['authorization'] = JSON.parse(await ask('POST', `/users/${user}/tokens`, json({ password }))).token;
  return async (method, path, message) => void (await ask(method, path, message));
}

interface Message {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

function json(value: unknown): Message {
  return { headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) };
}

/** The router of 2011 knows no other way to write `Host`. @returns nothing as long as nobody answers */
async function answerOf({ port }: MixedPlatform, host: string, path: string) {
  try {
    const answer = await call(`http://127.0.0.1:${port}${path}`, { headers: { Host: host } });
    return { status: answer.status, text: await answer.text() };
  } catch {
    return undefined; // the router is not up yet, or who should answer ended
  }
}

async function processIn(answer: ReturnType<typeof answerOf>): Promise<string | undefined> {
  return /^process (\d+)$/.exec((await answer)?.text ?? '')?.[1];
}
