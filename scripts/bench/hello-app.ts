import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Child, startChild } from '#ground/child.ts';
import { firstAnswer, freePort } from './first-answer.ts';
import { environmentIn, type Surroundings } from './surroundings.ts';

/** A copy of the sample app hello-node, which tells its version and its process. */
export interface HelloApp {
  readonly directory: string;
  /** Changes what it answers to `/`: the text begins with the version. */
  setVersion(version: string): Promise<void>;
}

/** The line of the sample app after which the copy gets a page more. */
const pages = 'const pages = {';
const greeting = "process.env.GREETING || 'Hello'";

/** @param name of the directory, which is made */
export async function copyHelloApp(surroundings: Surroundings, name: string): Promise<HelloApp> {
  const directory = join(surroundings.scratch, name);
  await cp(join(surroundings.project, 'sample-apps', 'hello-node'), directory, { recursive: true });
  const file = join(directory, 'app.js');
  const source = await readFile(file, 'utf8');
  if (!source.includes(pages) || !source.includes(greeting)) {
    throw new Error(`${file} was rewritten: this copy no longer knows where to tell version and process.`);
  }
  const setVersion = (version: string) =>
    writeFile(
      file,
      source
        .replace(pages, `${pages}\n  '/pid': () => \`\${process.pid}\\n\`,`)
        .replace(greeting, JSON.stringify(version)),
    );
  await setVersion('v0');
  return { directory, setVersion };
}

/** Starts `node app.js` without any platform. @returns the app, and how long it took to its first 200, in ms */
export async function startBare(
  surroundings: Surroundings,
  directory: string,
): Promise<{ child: Child; ms: number; port: number }> {
  const port = await freePort();
  const env = { ...environmentIn(surroundings.scratch, surroundings), PORT: String(port) };
  const startedAt = performance.now();
  const child = await startChild({ program: surroundings.node, args: ['app.js'], cwd: directory, env, graceMs: 2_500 });
  try {
    const { at } = await firstAnswer({ port }, surroundings.signal);
    return { child, ms: at - startedAt, port };
  } catch (error) {
    await child[Symbol.asyncDispose]();
    throw error;
  }
}

/** `node app.js` → first 200, in ms; the app has ended then. */
export async function bareStartMs(surroundings: Surroundings, directory: string): Promise<number> {
  const { child, ms } = await startBare(surroundings, directory);
  await child[Symbol.asyncDispose]();
  return ms;
}
