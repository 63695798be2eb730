import type { Benchmark } from './benchmark.ts';
import { measureTable } from './router/measure-table.ts';

const lookups = 'look-up: ';

/** The router's table with 100,000 hosts, as part of no running router: what it takes, in time and memory. */
export const routes: Benchmark = {
  name: 'routes',
  title: '100,000 hosts in the route table',
  unit: 'ns',
  units: { 'one route: bytes': 'B' },
  comparisons: [],
  bounds: [
    { of: `${lookups}exact host`, target: 1_200 },
    { of: `${lookups}wildcard`, target: 1_200 },
    { of: `${lookups}path of a host with six`, target: 1_200 },
    { of: `${lookups}other case and port`, target: 1_200 },
    { of: `${lookups}nobody`, target: 1_200 },
    { of: 'one route: bytes', target: 600 },
    { of: 'one registration', target: 10_000 },
  ],
  async prepare() {
    return { works: [async () => measureTable()] };
  },
};
