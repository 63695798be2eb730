import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import * as v from 'valibot';
import { RouteTable } from '#components/router/index.ts';
import { routerRegister } from '#contract/routes.ts';
import type { Sample } from '../figures.ts';

const count = 100_000;
const asked = 500_000;
const wildcardEvery = 1_000;
const pathsEvery = 1_000;
const paths = ['', '/api', '/api/v1', '/api/v1/users', '/static', '/admin'];

/** Fills the router's table with 100,000 hosts and looks things up in it. @throws Error when one is lost */
export function measureTable(): Sample {
  const now = Date.now();
  const texts = messages();
  const before = heapBytes();
  const table = new RouteTable();
  const registerAll = () => {
    const from = spentMs();
    for (const text of texts) table.register(v.parse(routerRegister.schema, JSON.parse(text)), now);
    return ((spentMs() - from) * 1e6) / count;
  };
  const first = registerAll();
  const bytes = (heapBytes() - before) / table.size().uris;
  const again = registerAll();
  const lookup = (ask: Ask, isThere = true) => lookupNs(table, ask, isThere);
  return {
    'look-up: exact host': lookup((at) => [`app-${at % count}.example.com`, '/']),
    'look-up: wildcard': lookup((at) => [`x${at}.wild-${(at * wildcardEvery) % count}.example.com`, '/']),
    'look-up: path of a host with six': lookup((at) => [
      `app-${(at * pathsEvery) % count}.example.com`,
      '/api/v1/users/7',
    ]),
    'look-up: other case and port': lookup((at) => [`App-${at % count}.Example.com:8080`, '/']),
    'look-up: nobody': lookup((at) => [`nobody-${at}.example.net`, '/'], false),
    'one route: bytes': bytes,
    'one registration': first,
    'one registration again': again,
  };
}

/** As they come from the bus. */
function messages(): string[] {
  const all: string[] = [];
  for (let at = 0; at < count; at += 1) {
    const host = `app-${at}.example.com`;
    const hasPaths = at % pathsEvery === 0;
    const uris = hasPaths ? paths.map((path) => `${host}${path}`) : [host];
    if (at % wildcardEvery === 0) uris.push(`*.wild-${at}.example.com`);
    const ids = { app: `guid-${at}`, private_instance_id: `id-${at}`, private_instance_index: '0' };
    all.push(JSON.stringify({ host: '127.0.0.1', port: 1_024 + (at % 60_000), uris, ...ids }));
  }
  return all;
}

/** Makes a request's host and target. */
type Ask = (at: number) => [host: string, target: string];

/** @returns ns for one, in processor time, without the making of the host, which is a fresh string each time, as from a parser */
function lookupNs(table: RouteTable, ask: Ask, isThere: boolean): number {
  const round = (find: (host: string, target: string) => unknown) => {
    const from = spentMs();
    for (let at = 0; at < asked; at += 1) {
      const [host, target] = ask(at);
      const fresh = Buffer.from(host, 'latin1').toString('latin1');
      if ((find(fresh, target) !== undefined) !== isThere) throw new Error(`${host}${target} is found wrongly.`);
    }
    return spentMs() - from;
  };
  const idle = () => round((host) => (host.length > 0 && isThere ? host : undefined));
  const find = () => round((host, target) => table.find(host, target));
  find();
  idle();
  return ((find() - idle()) * 1e6) / asked;
}

/** What the processor spent on this process so far: others may have it for most of the time. */
function spentMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

/** After all that is not needed has gone. */
function heapBytes(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void; // as the flag says
  for (let times = 0; times < 3; times += 1) collect();
  return process.memoryUsage().heapUsed;
}
