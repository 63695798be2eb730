import { commands } from '#cli/command-table.ts';
import { commandOf, otherModulesIn, platformModulesIn } from '../build/platform-modules.mjs';
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
  const { imports } = await bundle(project, { entry });
  const platform = platformModulesIn(imports);
  const platformCommands = platform.map(commandOf);
  const stray = platformCommands.find((name) => commands.every((command) => command.name !== name));
  if (stray !== undefined) throw new Error(`there is no command '${stray}', but its module runs components`);
  const [first, second] = await Promise.all(
    [otherModulesIn(imports), platform].map((without) => bundle(project, { entry, without })),
  );
  return { program: first?.code ?? '', commands: second?.code ?? '', platformCommands };
}
