import { existsSync } from 'node:fs';
import { mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { AsyncDisposableStack } from '#ground/async-disposable-stack.ts';
import { removeTree } from '#ground/remove-tree.ts';
import type { BuilderOptions, BuilderWorld } from '#workload/lifecycle/builder/index.ts';
import { settingsOfUser } from '#workload/lifecycle/user-settings.ts';
import { isolationFor, openStagingSandbox } from '#workload/sandbox/index.ts';
import type { Cli } from '../cli.ts';
import { isolationSettings } from '../isolation-settings.ts';

/** What scripts of a build in place see, and where they run. Disposing it removes what was made for them. */
type BuilderRoom = Pick<BuilderWorld, 'env' | 'sandbox'> & AsyncDisposable;

/** The home of Diego's containers, which few machines have. */
const homeOfDiego = '/home/vcap';

/**
 * A sandbox in which scripts may write what the flags of the builder name, and a home and a place for temporary files of
 * their own. Who asks for Diego to the letter, or has no sandbox, gets the environment as it is.
 */
export async function openBuilderRoom(
  cli: Pick<Cli, 'env' | 'home' | 'workingDirectory'>,
  options: BuilderOptions,
): Promise<BuilderRoom> {
  await using undo = new AsyncDisposableStack();
  const env = definedIn(cli.env);
  const found = await isolationFor(isolationSettings(options.strict ? { LOCALPAAS_ISOLATION: 'none' } : cli.env));
  if (found.level === 0) return { env, [Symbol.asyncDispose]: async () => {} };
  const scratch = undo.adopt(await mkdtemp(join(cli.env['TMPDIR'] || tmpdir(), 'localpaas-builder-')), removeTree);
  const [home, tmp] = [join(scratch, 'home'), join(scratch, 'tmp')];
  const given = [options.buildDir, options.cacheDir, options.downloadDir];
  const [buildDir = '', ...others] = given.map((path) => resolve(cli.workingDirectory, path));
  for (const each of [home, tmp, ...others]) await mkdir(each, { recursive: true });
  const { HOME = '', PATH = '' } = env;
  const sandbox = undo.use(
    await openStagingSandbox(found, {
      directory: join(scratch, 'sandbox'),
      work: [home, tmp, buildDir, ...others],
      buildDir,
      home,
      hidden: [cli.home],
      readable: [resolve(cli.workingDirectory, options.buildpacksDir)],
      variables: { ...settingsOfUser(env), PATH },
    }),
  );
  const isThere = HOME === homeOfDiego && !existsSync(homeOfDiego);
  const resources = undo.move();
  return {
    env: { ...settingsOfUser(env), ...env, TMPDIR: tmp, HOME: isThere ? HOME : home },
    sandbox,
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

function definedIn(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));
}
