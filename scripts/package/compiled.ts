import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startChild } from '#ground/child.ts';
import { messageOf } from '#ground/errors.ts';
import { replaceFile } from '#ground/files.ts';
import { waitFor } from '#ground/wait.ts';
import { compiledIn } from '#packaging/compiled-code.ts';

const limitMs = 60_000;

/**
 * What V8 compiles of the program while an executable brings the platform up for the first time: the executable is run,
 * and makes it as it does for itself. No two runs make the same bytes, so those of an earlier one are taken from `work`.
 * @param executable for this machine
 * @returns `undefined` where it does not start; why is said
 */
export async function compiledBy(
  executable: { readonly bytes: Uint8Array; readonly sha256: string },
  work: string,
): Promise<Buffer | undefined> {
  const kept = join(work, `compiled-${executable.sha256.slice(0, 32)}`);
  if (existsSync(kept)) return readFile(kept);
  const scratch = await mkdtemp(join(work, 'run-'));
  try {
    const code = await run(executable.bytes, scratch);
    await replaceFile(kept, code);
    return code;
  } catch (error) {
    console.error(`It does not start here, so the first start will compile it: ${messageOf(error)}`);
    return undefined;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function run(bytes: Uint8Array, scratch: string): Promise<Buffer> {
  const [program, cache] = [join(scratch, 'localpaas'), join(scratch, 'cache')];
  await writeFile(program, bytes, { mode: 0o755 });
  await mkdir(cache);
  const args = ['up', '--json', '--port', '0', '--bus-port', '0', '--home', join(scratch, 'home')];
  const env = { PATH: process.env['PATH'] ?? '', HOME: scratch, LOCALPAAS_CACHE: cache };
  await using child = await startChild({ program, args, env, stdio: ['ignore', 'ignore', 'inherit'], graceMs: 10_000 });
  let ended = '';
  void child.exited.then(({ code, signal }) => {
    ended = `it ended with ${code ?? signal}`;
  });
  const made = async () => {
    if (ended !== '') throw new Error(ended);
    return (await readdir(cache)).find((name) => /^compiled-[^.]*$/.test(name));
  };
  const name = await waitFor('the program to be compiled', made, { limitMs, everyMs: 50 });
  return compiledIn(await readFile(join(cache, name))).code;
}
