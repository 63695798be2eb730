import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startChild } from '#ground/child.ts';
import { waitFor } from '#ground/wait.ts';
import { type RunningPart, startOpenBus, startPart } from '../../test/support/parts.ts';
import type { Scope } from '../../test/support/spec.ts';
import { freePort } from '../bench/first-answer.ts';

export const originals = ['stager', 'dea', 'health_manager', 'router'] as const;
export type Original = (typeof originals)[number];

/** A platform of parts, one of which is not ours. */
export interface MixedPlatform {
  /** Of the router. */
  readonly port: number;
  readonly account: { readonly user: string; readonly password: string };
  /** The last lines of the original. */
  said(): string;
}

const shownLines = 15;

export async function startMixedPlatform(
  scope: Scope,
  folder: string,
  { original, program }: { readonly original: Original; readonly program: string },
): Promise<MixedPlatform> {
  const home = join(folder, 'home');
  await mkdir(home);
  const { uri } = await startOpenBus(scope, home);
  const port = await freePort();
  const files = await writeConfigs(folder, { uri, port, filerPort: await freePort() });
  const controller = await startPart(scope, home, ['cloud-controller', '--join', uri]);
  let said = () => '';
  for (const part of originals) {
    if (part === original) said = await startOriginal(scope, program, files[part]);
    else await startPart(scope, home, [part.replace('_', '-'), '-c', files[part], '--wait', '10']);
  }
  return { port, said, account: await accountOf(controller, join(home, 'parts', 'cloud-controller', 'admin.json')) };
}

/** The cloud controller writes it when it starts. */
async function accountOf(controller: RunningPart, file: string): Promise<MixedPlatform['account']> {
  const read = () => readFile(file, 'utf8').catch(() => undefined);
  try {
    return JSON.parse(await waitFor('the account', read, { limitMs: 15_000, everyMs: 50 }));
  } catch (cause) {
    throw new Error(`The cloud controller did not start:\n${controller.said()}`, { cause });
  }
}

/** @returns what tells its last lines */
async function startOriginal(scope: Scope, program: string, file: string): Promise<() => string> {
  const env = Object.fromEntries(Object.entries(process.env).map(([name, value]) => [name, value ?? '']));
  const child = scope.use(await startChild({ program, args: ['-c', file], env, stdio: ['ignore', 'pipe', 'pipe'] }));
  let lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      lines = [...lines, ...chunk.toString().split('\n')].filter(Boolean).slice(-shownLines);
    });
  }
  return () => lines.join('\n');
}

interface Addresses {
  readonly uri: string;
  readonly port: number;
  readonly filerPort: number;
}

/** The same file for an original and for ours. */
async function writeConfigs(
  folder: string,
  { uri, port, filerPort }: Addresses,
): Promise<Readonly<Record<Original, string>>> {
  const common = (part: Original) => [
    `pid: ${join(folder, `${part}.pid`)}`,
    'local_route: 127.0.0.1',
    'logging: { level: info }',
    `mbus: ${uri}`,
  ];
  const own: Readonly<Record<Original, readonly string[]>> = {
    stager: [
      `pid_filename: ${join(folder, 'stager-own.pid')}`,
      `nats_uri: ${uri}`,
      'max_staging_duration: 60',
      'max_active_tasks: 2',
      'queues: [staging]',
      'secure: false',
    ],
    dea: [
      `base_dir: ${join(folder, 'dea')}`,
      'runtimes: [ruby19]',
      'max_memory: 1024',
      'multi_tenant: true',
      `filer_port: ${filerPort}`,
    ],
    health_manager: [
      `bulk_api: { host: "http://127.0.0.1:${port}" }`,
      'intervals: { desired_state_update: 2, droplets_analysis: 5 }',
    ],
    router: ['inet: 127.0.0.1', `port: ${port}`],
  };
  const write = async (part: Original): Promise<[Original, string]> => {
    const file = join(folder, `${part}.yml`);
    await writeFile(file, `${[...common(part), ...own[part]].join('\n')}\n`);
    return [part, file];
  };
  return Object.fromEntries(await Promise.all(originals.map(write))) as Record<Original, string>; // one of each
}
