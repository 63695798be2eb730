import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ApiClient } from '#cli/api-client.ts';
import { App, Build, Package } from '#contract/api/resources.ts';
import { sleep, waitFor } from '#ground/wait.ts';
import type { Benchmark, Work } from './benchmark.ts';
import { copyHelloApp } from './hello-app.ts';
import { startLocalpaas } from './localpaas.ts';
import { layManyFiles } from './many-files.ts';
import { runProgram, succeeded } from './run-program.ts';
import type { Surroundings } from './surroundings.ts';

const packed = 'tar -cz of the app';
const staged = 'POST /v3/builds: STAGED';
const grown = 'first staging of a platform: grows at most by';
const app = 'stage-app';
const settledAfterMs = 2_000;

/** A package of many files, which is there already, becomes a droplet: beside what packing alone takes. */
export const stage: Benchmark = {
  name: 'stage',
  title: 'staging of an app with 2,000 files (29 MB)',
  unit: 'ms',
  units: { [grown]: 'MB' },
  comparisons: [{ name: 'staging / tar -cz', of: staged, by: [packed], target: 1.5 }],
  bounds: [{ of: grown, target: 60 }],
  async prepare(surroundings, scope) {
    const { directory } = await copyHelloApp(surroundings, app);
    await layManyFiles(directory);
    const [home, freshHome] = [
      join(surroundings.scratch, 'stage-home'),
      join(surroundings.scratch, 'stage-fresh-home'),
    ];
    for (const each of [home, freshHome]) {
      await using localpaas = await startLocalpaas(surroundings, { home: each });
      await localpaas.ok('push', directory, '--name', app, '--no-start');
    }
    scope.use(await startLocalpaas(surroundings, { home }));
    const works: Work[] = [
      async () => ({ [packed]: await packMs(surroundings, directory) }),
      async () => ({ [staged]: await stagingMs(surroundings, home) }),
    ];
    if (process.platform === 'linux') works.push(async () => ({ [grown]: await growthMb(surroundings, freshHome) }));
    const notes = process.platform === 'linux' ? [] : ['Only Linux tells how much memory was held: not measured.'];
    return { works, notes };
  },
};

/** What Node once took from the system it hardly gives back: hence a platform that has staged nothing yet. */
async function growthMb(surroundings: Surroundings, home: string): Promise<number> {
  await using localpaas = await startLocalpaas(surroundings, { home });
  await sleep(settledAfterMs, surroundings.signal);
  await writeFile(`/proc/${localpaas.pid}/clear_refs`, '5'); // proc(5): the peak is taken anew from here
  const before = await peakMb(localpaas.pid);
  await stagingMs(surroundings, home);
  return (await peakMb(localpaas.pid)) - before;
}

/** From the request for a droplet until it is there. */
async function stagingMs({ signal }: Surroundings, home: string): Promise<number> {
  const client = await ApiClient.open({ home, signal });
  const [found] = await client.list(`/v3/apps?names=${app}`, App);
  const [source] = await client.list(`/v3/apps/${found?.guid}/packages`, Package);
  const startedAt = performance.now();
  const { guid } = await client.post('/v3/builds', { package: { guid: source?.guid } }, Build);
  const isOver = async () => {
    const { state, error } = await client.get(`/v3/builds/${guid}`, Build);
    if (state === 'FAILED') throw new Error(`The app cannot be staged: ${error}`);
    return state === 'STAGED' ? performance.now() : undefined;
  };
  return (await waitFor('the droplet', isOver, { limitMs: 60_000, everyMs: 10, signal })) - startedAt;
}

async function packMs(surroundings: Surroundings, directory: string): Promise<number> {
  const args = ['-czf', join(surroundings.scratch, 'packed.tar.gz'), '-C', directory, '.'];
  const env = { PATH: process.env['PATH'] ?? '' };
  return succeeded('tar', await runProgram({ program: 'tar', args, env }, surroundings)).ms;
}

/** The most memory that a process held, in MB. */
async function peakMb(pid: number): Promise<number> {
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) / 1024;
}
