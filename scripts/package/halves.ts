import { basename } from 'node:path';
import { commands } from '#cli/command-table.ts';
import { bundle } from '../build.mjs';

/** The program in two halves. Each does what its commands need, so that none waits for V8 to read the other half. */
export interface Halves {
  /** The commands that run components, above all `up`. */
  readonly program: string;
  /** All others, which ask a running platform for something; `--version` and help too. */
  readonly commands: string;
  /** The commands of the first half. */
  readonly platformCommands: readonly string[];
}

const entry = 'src/main.ts';

/** @throws Error when a module that runs components is not named like its command, so that nobody could tell its half */
export async function bundleHalves(project: string): Promise<Halves> {
  const { imports } = await bundle(project, { entry, minify: true });
  const modules = Object.keys(imports).filter((file) => file.startsWith('src/cli/commands/'));
  const platform = modules.filter((module) => [...neededBy([module], imports)].some(isComponent));
  const neededByPlatform = neededBy(platform, imports);
  const others = modules.filter((module) => !neededByPlatform.has(module));
  const platformCommands = platform.map((module) => basename(module, '.ts'));
  const stray = platformCommands.find((name) => commands.every((command) => command.name !== name));
  if (stray !== undefined) throw new Error(`there is no command '${stray}', but its module runs components`);
  const [first, second] = await Promise.all(
    [others, platform].map((without) => bundle(project, { entry, minify: true, without })),
  );
  return { program: first?.code ?? '', commands: second?.code ?? '', platformCommands };
}

/** These files, and all that they import. */
function neededBy(files: readonly string[], imports: Readonly<Record<string, readonly string[]>>): Set<string> {
  const needed = new Set(files);
  for (const file of needed) for (const imported of imports[file] ?? []) needed.add(imported);
  return needed;
}

function isComponent(file: string): boolean {
  return file.startsWith('src/components/');
}
