import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { xxhash64 } from '#workload/lifecycle/builder/xxhash64.ts';
import type { Benchmark } from './benchmark.ts';
import { largeApp, writeLargeApp } from './large-app.ts';
import { runProgram, succeeded } from './run-program.ts';
import { environmentIn, type Surroundings } from './surroundings.ts';

const packing = 'tar -czf';
const empty = 'node -e 0';
const plain = 'builder, no sandbox';
const kept = 'builder, in a sandbox';

/** What staging costs beside the packing that any droplet takes, and what its sandbox does. */
export const sandbox: Benchmark = {
  name: 'sandbox',
  title: `${largeApp}, staged by a buildpack that does nothing; start of the command line included`,
  unit: 'ms',
  comparisons: [
    { name: `${plain} / (${packing} + ${empty})`, of: plain, by: [packing, empty], target: 1.5 },
    { name: `${kept} / ${plain}`, of: kept, by: [plain] },
  ],
  async prepare(surroundings) {
    const at = (name: string) => join(surroundings.scratch, 'staging', name);
    await mkdir(at('app'), { recursive: true });
    await writeLargeApp(at('app'));
    await writeBuildpack(at(`packs/${xxhash64('none')}`));
    const tar = {
      program: 'tar',
      args: ['-czf', at('plain.tgz'), '-C', at('app'), '.'],
      env: environmentIn('/', surroundings),
    };
    const emptyRun = { program: surroundings.node, args: ['-e', '0'], env: {} };
    return {
      works: [
        async () => ({ [packing]: succeeded(packing, await runProgram(tar, surroundings)).ms }),
        async () => ({ [empty]: succeeded(empty, await runProgram(emptyRun, surroundings)).ms }),
        async () => ({ [plain]: await builtMs(surroundings, at('.'), 'none') }),
        async () => ({ [kept]: await builtMs(surroundings, at('.'), 'auto') }),
      ],
    };
  },
};

async function writeBuildpack(directory: string): Promise<void> {
  await mkdir(join(directory, 'bin'), { recursive: true });
  for (const name of ['detect', 'compile', 'release']) {
    await writeFile(join(directory, 'bin', name), '#!/bin/sh\n');
    await chmod(join(directory, 'bin', name), 0o755);
  }
}

async function builtMs(surroundings: Surroundings, directory: string, isolation: string): Promise<number> {
  const [program, ...first] = surroundings.command;
  const places = {
    buildDir: 'app',
    buildpacksDir: 'packs',
    buildpacksDownloadDir: 'downloads',
    buildArtifactsCacheDir: 'cache',
    outputDroplet: 'droplet.tgz',
    outputMetadata: 'result.json',
    outputBuildArtifactsCache: 'cache.tgz',
  };
  const flags = Object.entries(places).map(([name, place]) => `-${name}=${place}`);
  const env = { ...environmentIn(directory, surroundings), LOCALPAAS_ISOLATION: isolation };
  const args = [...first, 'builder', '-buildpackOrder=none', ...flags];
  return succeeded('builder', await runProgram({ program, args, env, cwd: directory }, surroundings)).ms;
}
