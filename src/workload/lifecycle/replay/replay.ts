import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import { ActionableError, explainDiskError, messageOf } from '#ground/errors.ts';
import type { IsolationSettings } from '#workload/sandbox/index.ts';
import type { Action, Download } from './action.ts';
import { Container } from './container.ts';
import { fetchArchive } from './fetch-archive.ts';
import type { FileMap } from './file-map.ts';
import { replayDirectory } from './kept-droplet.ts';
import type { Dependency, Recording } from './recording.ts';

/** What surrounds a replay. */
export interface ReplayWorld {
  /** Of localpaas. */
  readonly home: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What stands in for addresses. */
  readonly files: FileMap;
  readonly signal: AbortSignal;
  /** Of scripts that are run again. */
  readonly isolation: IsolationSettings;
  /** What is printed by what was recorded. */
  out(text: string): void;
  err(text: string): void;
  /** How it is going. */
  step(message: string): void;
  warn(message: string): void;
}

/** Runs `work` in a container of its own, of which nothing is left. */
export async function inContainer<T>(home: string, work: (container: Container) => Promise<T>): Promise<T> {
  const place = replayDirectory(home);
  await mkdir(place, { recursive: true, mode: 0o700 }).catch((cause: unknown) => {
    const message = `localpaas cannot keep its files in ${home}: ${messageOf(cause)}.`;
    throw new ActionableError('HOME_NOT_WRITABLE', message, 'Choose another directory with LOCALPAAS_HOME.', { cause });
  });
  const root = await mkdtemp(join(place, 'work-'));
  try {
    return await work(await Container.make(root));
  } catch (error) {
    throw explainDiskError(error, `the replay needs room in ${place}`);
  } finally {
    await rm(root, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Downloads below an action. */
export function downloadsIn(action: Action | undefined): readonly Download[] {
  if (action === undefined) return [];
  if (action.kind === 'download') return [action.download];
  if ('actions' in action) return action.actions.flatMap(downloadsIn);
  return 'action' in action ? downloadsIn(action.action) : [];
}

/** A download as the rest names things. */
export function wantedFor(download: Download): Dependency {
  return { ...download, name: download.artifact };
}

/**
 * Fetches what must be there before anything runs. The programs of Diego are left out: localpaas has its own; so is what
 * belongs somewhere else than in /tmp and the home.
 */
export async function fetchDependencies(recording: Recording, container: Container, world: ReplayWorld): Promise<void> {
  const programs = posix.dirname(recording.run.path);
  for (const dependency of recording.dependencies) {
    if (posix.normalize(dependency.to) === programs) continue;
    if (!/^\/(tmp|home\/vcap)(\/|$)/.test(posix.normalize(dependency.to))) {
      world.warn(`${dependency.to} is left out: only /tmp and /home/vcap are there.`);
      continue;
    }
    await fetchInto(dependency, container, world, world.signal);
  }
}

/** Fetches one archive to its place in the container. */
export async function fetchInto(
  wanted: Dependency,
  container: Container,
  world: ReplayWorld,
  signal: AbortSignal,
): Promise<void> {
  const to = container.pathOf(wanted.to);
  world.step(`Downloading ${wanted.name || wanted.to} from ${wanted.from}`);
  await mkdir(dirname(to), { recursive: true });
  await fetchArchive({ ...wanted, to }, world.files, signal);
}

/** What the container of a recording has beside the recorded variables. */
export function containerVariables(container: Container, env: ReplayWorld['env']): Record<string, string> {
  return {
    PATH: env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin',
    USER: env['USER'] ?? 'vcap',
    HOME: container.home,
    TMPDIR: container.tmp,
  };
}
