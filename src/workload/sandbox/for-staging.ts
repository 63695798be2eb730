import { existsSync } from 'node:fs';
import { chmod, mkdir, symlink } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, isAbsolute, join } from 'node:path';
import type { Isolated } from './isolation.ts';
import type { Sandbox } from './open-sandbox.ts';

/** The directories of a staging. */
export interface StagingPlaces {
  /** An empty directory of the sandbox, in none of the others. */
  readonly directory: string;
  /** May be written. */
  readonly work: readonly string[];
  /** The app, as buildpacks find it, where there is only one. */
  readonly buildDir?: string;
  /** What is `/tmp`; a directory of its own when absent. */
  readonly tmp?: string;
  /** Of the scripts. */
  readonly home: string;
  /** Of the platform: its own, and those of other apps. */
  readonly hidden: readonly string[];
  /** Buildpacks, where they lie in what is hidden. */
  readonly readable: readonly string[];
  /** Of whoever stages, and not of the app: the paths they name can be seen. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly maxFileBytes?: number | undefined;
}

/**
 * A sandbox as staging needs it. /tmp and /var/tmp are directories of its own; so that buildpacks find what they would in
 * a container of Heroku or Diego there are `/app`, `/home/vcap` and `/tmp/app` where the machine itself has none.
 * @throws Error with what the tools said
 */
export async function openStagingSandbox(isolated: Isolated, places: StagingPlaces): Promise<Sandbox> {
  const { directory, work, buildDir, home, hidden, readable, variables, maxFileBytes } = places;
  const ours = standInsIn(directory);
  for (const each of Object.values(ours)) await mkdir(each, { recursive: true });
  for (const name of ['/tmp', '/var/tmp'] as const) await chmod(ours[name], 0o1777);
  if (buildDir !== undefined) await symlink(buildDir, join(ours['/tmp'], 'app'));
  const usual = Object.entries({ '/app': ours['/app'], '/home/vcap': home }).filter(([at]) => !existsSync(at));
  return isolated.open({
    directory: join(directory, 'mounts'),
    view: {
      writable: work,
      places: {
        ...Object.fromEntries(usual),
        '/var/tmp': ours['/var/tmp'],
        '/tmp': places.tmp ?? ours['/tmp'],
      },
      // By the programs that wait there for a user's orders something could be left behind.
      hidden: [...hidden, '/run/user'],
      readable: [...readable, homedir(), ...namedPaths(variables)],
    },
    maxFileBytes,
  });
}

/** Directories of a sandbox which are seen at fixed paths, by these. */
export function standInsIn(directory: string): Readonly<Record<'/tmp' | '/var/tmp' | '/app', string>> {
  return { '/tmp': join(directory, 'tmp'), '/var/tmp': join(directory, 'var-tmp'), '/app': join(directory, 'app') };
}

/** Programs need what lies beside their `bin`, too. */
function namedPaths({ PATH = '', ...others }: StagingPlaces['variables']): string[] {
  const directories = PATH.split(':').filter((each) => isAbsolute(each));
  const around = directories.filter((each) => /^s?bin$/.test(basename(each))).map((each) => dirname(each));
  return [...around, ...directories, ...Object.values(others)].filter(
    (each) => each !== undefined && isAbsolute(each),
  ) as string[];
}
