import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startChild } from '#ground/child.ts';
import { messageOf } from '#ground/errors.ts';
import { replaceFile } from '#ground/files.ts';
import { waitFor } from '#ground/wait.ts';
import { compiledIn, type Half } from '#packaging/compiled-code.ts';

const limitMs = 60_000;

const halves: readonly Half[] = ['program', 'commands'];

/** By the names under which an executable carries it. */
type Compiled = Readonly<Record<`compiled-${Half}`, Buffer>>;

/**
 * What V8 compiles of the program while an executable brings the platform up for the first time, and while a command asks
 * that one: the executable is run, and makes it as it does for itself. No two runs make the same bytes, so those of an
 * earlier one are taken from `work`.
 * @param executable for this machine
 * @returns `undefined` where it does not start; why is said
 */
export async function compiledBy(
  executable: { readonly bytes: Uint8Array; readonly sha256: string },
  work: string,
): Promise<Compiled | undefined> {
  const kept = (half: Half) => join(work, `compiled-${half}-${executable.sha256.slice(0, 32)}`);
  const scratch = await mkdtemp(join(work, 'run-'));
  try {
    if (!halves.every((half) => existsSync(kept(half)))) {
      const made = await run(executable.bytes, scratch);
      for (const half of halves) await replaceFile(kept(half), made[`compiled-${half}`]);
    }
    const [program, commands] = await Promise.all([readFile(kept('program')), readFile(kept('commands'))]);
    return { 'compiled-program': program, 'compiled-commands': commands };
  } catch (error) {
    console.error(`It does not start here, so the first start will compile it: ${messageOf(error)}`);
    return undefined;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function run(bytes: Uint8Array, scratch: string): Promise<Compiled> {
  const [program, cache, home] = [join(scratch, 'localpaas'), join(scratch, 'cache'), join(scratch, 'home')];
  await writeFile(program, bytes, { mode: 0o755 });
  await mkdir(cache);
  const env = { PATH: process.env['PATH'] ?? '', HOME: scratch, LOCALPAAS_CACHE: cache, LOCALPAAS_HOME: home };
  const start = (args: readonly string[]) =>
    startChild({ program, args, env, stdio: ['ignore', 'ignore', 'inherit'], graceMs: 10_000 });

  await using platform = await start(['up', '--json', '--port', '0', '--bus-port', '0']);
  let ended = '';
  void platform.exited.then(({ code, signal }) => {
    ended = `it ended with ${code ?? signal}`;
  });
  const made = async (half: Half) => {
    if (ended !== '') throw new Error(ended);
    const name = (await readdir(cache)).find((name) => new RegExp(`^compiled-${half}-[^.]*$`).test(name));
    return name === undefined ? undefined : compiledIn(await readFile(join(cache, name))).code;
  };
  const ofProgram = await waitFor('the program to be compiled', () => made('program'), { limitMs, everyMs: 50 });
  await using command = await start(['apps']);
  const ofCommands = await waitFor('the commands to be compiled', () => made('commands'), { limitMs, everyMs: 50 });
  void command;
  return { 'compiled-program': ofProgram, 'compiled-commands': ofCommands };
}
