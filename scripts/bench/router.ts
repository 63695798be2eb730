import type { Benchmark, Work } from './benchmark.ts';
import type { Comparison, Sample } from './figures.ts';
import { findProgram } from './peers.ts';
import { type Contender, host, startHello, startPeers, startRouter } from './router/contenders.ts';
import { processorTimeOf, residentKb, underLoad } from './router/load.ts';
import type { Surroundings } from './surroundings.ts';

const seconds = 3;
const connectionCounts = [32, 256];
const others = ['node:http', 'nginx', 'haproxy', 'caddy'];

/** Of processor time; caddy is what many use for the same. */
const targets: Readonly<Record<string, number>> = { 'node:http': 2.5, nginx: 3, caddy: 1 };

const timeOf = (name: string, connections: number) => `${name}, ${connections} connections: processor per request`;
const p99Of = (name: string, connections: number) => `${name}, ${connections} connections: 99 % answered within`;
const memoryOf = (name: string) => `${name}: resident after all requests until then`;

/** What a request through the router costs, beside what it costs to answer it without any proxy, or through others. */
export const router: Benchmark = {
  name: 'router',
  title: 'requests through the router alone, answers of 1 KB on connections that are kept, access logs on',
  unit: 'µs',
  units: Object.fromEntries(['router', ...others].map((name) => [memoryOf(name), 'MB'])),
  comparisons: [
    ...connectionCounts.flatMap(comparisonsAt),
    { name: 'router / node:http, resident', of: memoryOf('router'), by: [memoryOf('node:http')], target: 1.5 },
  ],
  async prepare(surroundings, scope) {
    const wrk = await findProgram('wrk', undefined);
    if (wrk === undefined) return { works: [], notes: ['wrk is not installed: not measured.'] };
    if (process.platform !== 'linux') return { works: [], notes: ['Only Linux tells exactly: not measured.'] };
    const hello = await startHello(surroundings, scope);
    const app = await startHello(surroundings, scope, 1);
    const { contenders: peers, missing } = await startPeers(surroundings, scope, app);
    const contenders = [hello, await startRouter(surroundings, scope, app), ...peers];
    const works = connectionCounts.flatMap((connections) =>
      contenders.map(
        (contender): Work =>
          () =>
            measure(contender, { wrk, connections }, surroundings),
      ),
    );
    return { works, notes: missing.map((name) => `${name} is not installed: not measured.`) };
  },
};

function comparisonsAt(connections: number): Comparison[] {
  const times = others.map((other) => ({
    name: `router / ${other}, ${connections} connections`,
    of: timeOf('router', connections),
    by: [timeOf(other, connections)],
    ...(targets[other] === undefined ? {} : { target: targets[other] }),
  }));
  const p99 = {
    name: `router / caddy, ${connections} connections, 99 %`,
    of: p99Of('router', connections),
    by: [p99Of('caddy', connections)],
    target: 1,
  };
  return [...times, p99];
}

async function measure(
  { name, pid, port }: Contender,
  { wrk, connections }: { wrk: string; connections: number },
  surroundings: Surroundings,
): Promise<Sample> {
  const load = { wrk, port, host, connections };
  await underLoad({ ...load, seconds: 1 }, surroundings); // what comes after another contender's turn is not at its best
  const before = await processorTimeOf(pid);
  const { requests, p99 } = await underLoad({ ...load, seconds }, surroundings);
  const spent = (await processorTimeOf(pid)) - before;
  return {
    [timeOf(name, connections)]: spent / requests,
    [p99Of(name, connections)]: p99,
    [memoryOf(name)]: (await residentKb(pid)) / 1024,
  };
}
