import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type Child, startChild } from '#ground/child.ts';
import { readIfThere } from '#ground/files.ts';
import { call } from '#ground/http-client.ts';
import { listen } from '#ground/ports.ts';
import { waitFor } from '#ground/wait.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import type { Scope } from '../../support/spec.ts';
import type { Staged } from './apps.ts';

/** Old scripts, unchanged, on the machine of today. What needs a program that is not here is left out, and said. */
export function isThere(program: string, ...check: string[]): boolean {
  try {
    execFileSync(program, check, { stdio: 'ignore' });
    return true;
  } catch {
    process.stdout.write(`(left out: this machine has no ${program}, or ${program} ${check.join(' ')} fails)\n`);
    return false;
  }
}

/** Below those the system gives out: between this look and the start of the app no other program gets it. */
async function freePort(): Promise<number> {
  const server = createServer();
  const port = 20_000 + Math.floor(Math.random() * 10_000);
  try {
    await listen(server, { host: '127.0.0.1', port, who: 'The test' });
  } catch {
    return await freePort(); // taken: another one
  }
  await new Promise((resolve) => server.close(resolve));
  return port;
}

interface Instance {
  readonly url: string;
  readonly startup: Child;
  readonly droplet: string;
  readonly log: () => Promise<string>;
}

/** Starts a droplet as a DEA does: the token replaced, a listed environment, the droplet as home. */
export async function start(scope: Scope, { droplet }: Staged, program: string): Promise<Instance> {
  const port = await freePort();
  const script = join(droplet, 'startup');
  const text = readFileSync(script, 'utf8').replaceAll('%VCAP_LOCAL_RUNTIME%', program);
  await chmod(script, 0o700);
  await writeFile(script, text);
  const startup = scope.use(
    await startChild({
      program: './startup',
      args: ['-p', String(port)],
      cwd: droplet,
      env: {
        PATH: `${process.env['PATH']}:${await namesOfPython(scope)}`,
        HOME: droplet,
        VCAP_APP_HOST: '127.0.0.1',
        VCAP_APP_PORT: String(port),
        PORT: String(port),
        VCAP_SERVICES: '{}',
        LANG: 'C.UTF-8',
      },
      graceMs: 500,
    }),
  );
  const log = async () =>
    `${await readIfThere(join(droplet, 'logs/stderr.log'))}${await readIfThere(join(droplet, 'logs/startup.log'))}`;
  return { url: `http://127.0.0.1:${port}`, startup, droplet, log };
}

/** `python` and `pip`, where only python3 is installed. */
async function namesOfPython(scope: Scope): Promise<string> {
  const directory = join(await scratchDirectory(scope), 'bin');
  await mkdir(directory);
  await writeFile(join(directory, 'python'), '#!/bin/sh\nexec python3 "$@"\n', { mode: 0o755 });
  await writeFile(join(directory, 'pip'), '#!/bin/sh\nexec python3 -m pip "$@"\n', { mode: 0o755 });
  return directory;
}

export async function answerOf({ url, log, startup }: Instance, path = '/'): Promise<string> {
  let over = false;
  void startup.exited.then(() => {
    over = true;
  });
  try {
    return await waitFor(
      'an answer',
      async () => {
        if (over) throw new Error('The app ended.');
        return await call(`${url}${path}`).then(
          (answer) => answer.text(),
          () => undefined,
        );
      },
      { limitMs: 30_000, everyMs: 25 },
    );
  } catch (cause) {
    throw new Error(`${cause}\n${await log()}`);
  }
}
