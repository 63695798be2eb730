import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { commandOf, environmentVariableOf, type ProcessIdentity, processTable } from '#ground/processes.ts';
import { answerOf } from '../bench/first-answer.ts';

/** An app that tells which version of it runs, in which process, and what its environment is. */
const source = (version: string) => `'use strict';
const { createServer } = require('node:http');
const pages = {
  '/': () => ${JSON.stringify(version)},
  '/pid': () => String(process.pid),
  '/environment': () => JSON.stringify(process.env),
};
const server = createServer((request, response) => response.end(pages[request.url]?.() ?? 'unknown'));
server.listen(process.env.PORT, process.env.VCAP_APP_HOST);
process.on('SIGTERM', () => {
  server.close();
  setTimeout(() => server.closeAllConnections(), 500).unref();
});
`;

/** Writes the app's files. @returns their directory */
export async function writeWitness(directory: string, version: string): Promise<string> {
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'app.js'), source(version));
  await writeFile(join(directory, 'package.json'), '{ "name": "witness", "type": "commonjs" }\n');
  return directory;
}

/** One running process of a witness. */
export interface Witness extends ProcessIdentity {
  readonly app: string;
  readonly port: number;
}

/** All witnesses that run below a home. Linux alone shows the environment of a process. */
export async function witnessesBelow(home: string): Promise<Witness[]> {
  const rows = (await processTable()).filter(({ state }) => state !== 'Z');
  return rows.flatMap(({ pid, startedAt }) => {
    if (!/node\S* app\.js/.test(commandOf(pid))) return [];
    if (environmentVariableOf(pid, 'HOME')?.startsWith(home) !== true) return [];
    const app = nameIn(environmentVariableOf(pid, 'VCAP_APPLICATION'));
    const port = Number(environmentVariableOf(pid, 'PORT'));
    return app === undefined ? [] : [{ pid, startedAt, app, port }];
  });
}

/** Whether this very process answers, asked directly. */
export async function serves({ pid, port }: Witness): Promise<boolean> {
  try {
    const { status, body } = await answerOf({ port, path: '/pid' });
    return status === 200 && Number(body) === pid;
  } catch {
    return false; // refused or reset: that is the answer
  }
}

/** The version an instance serves; `undefined` when it serves none yet. */
export async function versionOf({ port }: Witness): Promise<string | undefined> {
  const answer = await answerOf({ port }).catch(() => undefined); // it does not listen yet
  return answer?.status === 200 ? answer.body : undefined;
}

function nameIn(application: string | undefined): string | undefined {
  try {
    const { name } = JSON.parse(application ?? '{}') as { name?: unknown };
    return typeof name === 'string' ? name : undefined;
  } catch {
    return undefined; // cut short: the process has just ended
  }
}
