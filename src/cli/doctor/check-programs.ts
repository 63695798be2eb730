import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { installHintOf, type RuntimeFamily, runtimeFamilies } from '#contract/runtimes.ts';
import { startChild } from '#ground/child.ts';
import { ActionableError, messageOf } from '#ground/errors.ts';
import { absoluteIn, isProgram } from '#ground/programs.ts';
import { within } from '#ground/wait.ts';
import { cacheDirectory } from '#packaging/assets.ts';
import { findNatsServer } from '#packaging/nats-server-program.ts';
import { ownNode } from '#packaging/own-node.ts';
import { usualDirectories } from '#workload/runtimes/programs.ts';
import { type Finding, ok, problem, warning } from './finding.ts';

type Env = Readonly<Record<string, string | undefined>>;

const programs: Readonly<Record<RuntimeFamily, { names: readonly string[]; flag: string }>> = {
  ruby: { names: ['ruby'], flag: '--version' },
  node: { names: ['node', 'nodejs'], flag: '--version' },
  python: { names: ['python3', 'python'], flag: '--version' },
  php: { names: ['php'], flag: '--version' },
  java: { names: ['java'], flag: '-version' },
};
const limitMs = 5_000;

export async function checkNatsServer(env: Env): Promise<Finding> {
  try {
    const { path, version, origin } = await findNatsServer({ env, cacheDir: cacheDirectory() });
    return ok('nats-server', `nats-server ${version}, ${origin}: ${path}.`);
  } catch (error) {
    if (!(error instanceof ActionableError)) throw error;
    return problem('nats-server', error.message, error.remedy);
  }
}

/** One finding for each kind of app. A machine need not have them all. */
export function checkRuntimes(env: Env): Promise<Finding[]> {
  return Promise.all(runtimeFamilies.map((family) => checkRuntime(family, env)));
}

async function checkRuntime(family: RuntimeFamily, env: Env): Promise<Finding> {
  const { names, flag } = programs[family];
  const program = find(names, env['PATH'] ?? '');
  if (program === undefined) {
    if (family === 'node' && ownNode(env) !== undefined) {
      return ok(
        family,
        `None on this machine: node apps run on the Node ${process.versions.node} that localpaas contains.`,
      );
    }
    const hint = installHintOf(family);
    return warning(
      family,
      `No ${family} here, so ${family} apps cannot run.`,
      `${hint.charAt(0).toUpperCase()}${hint.slice(1)}.`,
    );
  }
  try {
    return ok(family, `${await versionOf(program, flag, env)}: ${program}.`);
  } catch (error) {
    return warning(
      family,
      `${program} is there but does not run: ${messageOf(error)}.`,
      'Mend it, or have PATH find another one first.',
    );
  }
}

function find(names: readonly string[], path: string): string | undefined {
  const directories = [...absoluteIn(path), ...usualDirectories];
  return names.flatMap((name) => directories.map((directory) => join(directory, name))).find(isProgram);
}

/** The first line with a number in it of what the program says about itself, on whichever stream. */
async function versionOf(program: string, flag: string, env: Env): Promise<string> {
  const listed = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  await using child = await startChild({
    program,
    args: [flag],
    env: Object.fromEntries(listed),
    stdio: ['ignore', 'pipe', 'pipe'],
    graceMs: 100,
  });
  const said = Promise.all([child.stdout, child.stderr].map((stream) => (stream === null ? '' : text(stream))));
  const lines = (await within(limitMs, `the version of ${program}`, said)).join('\n').split('\n');
  const { code } = await child.exited;
  // What follows in brackets is about how it was built.
  const version = lines
    .find((line) => /\d/.test(line))
    ?.replace(/[([].*$/, '')
    .trim();
  if (code === 0 && version !== undefined) return version;
  throw new Error(
    `\`${program} ${flag}\` ended with status ${code}${version === undefined ? '' : `, saying '${version}'`}`,
  );
}
