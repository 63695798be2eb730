import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { processTable } from '#ground/processes.ts';
import { sleep } from '#ground/wait.ts';
import type { Benchmark, Work } from './benchmark.ts';
import type { Sample } from './figures.ts';
import { copyHelloApp, startBare } from './hello-app.ts';
import { startLocalpaas } from './localpaas.ts';

const idleMs = 5_000;
const megabyte = 1024 * 1024;
const sum = 'localpaas + nats-server: resident';
const platform = 'localpaas: resident';
const bare = 'node app.js: resident';
const ownPrivate = 'localpaas: private';

/** What the platform holds when nothing happens and no app runs. */
export const memory: Benchmark = {
  name: 'memory',
  title: `memory after ${idleMs / 1000} s without work; private: written by the process itself, so neither shared nor to be read again from a file`,
  unit: 'MB',
  comparisons: [{ name: 'localpaas / node app.js', of: platform, by: [bare] }],
  bounds: [
    { of: sum, target: 110 },
    { of: ownPrivate, target: 40 },
  ],
  async prepare(surroundings) {
    const { directory } = await copyHelloApp(surroundings, 'memory-app');
    const work: Work = async (round) => {
      await using localpaas = await startLocalpaas(surroundings, {
        home: join(surroundings.scratch, `memory-home-${round}`),
      });
      await using app = (await startBare(surroundings, directory)).child;
      await sleep(idleMs, surroundings.signal);
      return await usageOf({
        localpaas: localpaas.pid,
        'nats-server': localpaas.natsServerPid,
        'node app.js': app.pid,
      });
    };
    return { works: [work] };
  },
};

async function usageOf(pids: Readonly<Record<'localpaas' | 'nats-server' | 'node app.js', number>>): Promise<Sample> {
  const rows = await processTable();
  const residentOf = (pid: number) => (rows.find((row) => row.pid === pid)?.residentBytes ?? Number.NaN) / megabyte;
  const [localpaas, nats] = [pids.localpaas, pids['nats-server']];
  const privates = await Promise.all([privateOf(localpaas), privateOf(nats), privateOf(pids['node app.js'])]);
  const [ours, server, app] = privates;
  return {
    [sum]: residentOf(localpaas) + residentOf(nats),
    [platform]: residentOf(localpaas),
    'nats-server: resident': residentOf(nats),
    [bare]: residentOf(pids['node app.js']),
    ...(ours === undefined ? {} : { [ownPrivate]: ours }),
    ...(ours === undefined || server === undefined ? {} : { 'localpaas + nats-server: private': ours + server }),
    ...(app === undefined ? {} : { 'node app.js: private': app }),
  };
}

/** Megabytes that this process alone has; `undefined` where the system does not tell. */
async function privateOf(pid: number): Promise<number | undefined> {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => undefined);
  const sizes = [...(text ?? '').matchAll(/^Private_Dirty:\s+(\d+) kB$/gm)];
  if (sizes.length === 0) return undefined;
  return sizes.reduce((total, [, kilobytes]) => total + Number(kilobytes), 0) / 1024;
}
