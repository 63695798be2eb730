import * as v from 'valibot';
import type { AsyncDisposableStack } from '#ground/async-disposable-stack.ts';
import { startChild } from '#ground/child.ts';
import { sleep, waitFor } from '#ground/wait.ts';
import { type Asked, firstAnswer, freePort } from './first-answer.ts';
import { copyHelloApp, type HelloApp } from './hello-app.ts';
import type { Localpaas } from './localpaas.ts';
import { layManyFiles } from './many-files.ts';
import { fetchPeers, findProgram } from './peers.ts';
import { startPm2 } from './pm2.ts';
import { peerEnvironment, type Surroundings } from './surroundings.ts';

/** A program that runs an app and starts it anew whenever a file of it changes. */
export interface Watcher {
  readonly name: string;
  readonly app: HelloApp;
  /** Where the app answers. */
  readonly asked: Asked;
}

/** Where apps are copied to, and how large they are. */
export interface Place {
  readonly surroundings: Surroundings;
  readonly scope: AsyncDisposableStack;
  /** Distinguishes the directories of this benchmark. */
  readonly name: string;
  readonly hasManyFiles: boolean;
}

export const watcherNames = ['localpaas watch', 'nodemon', 'node --watch', 'pm2 --watch'] as const;

/** None of them tells when it has begun to watch. */
const settledAfterMs = 1_500;

/** A copy of the app for one of them alone. */
export async function appFor({ surroundings, name, hasManyFiles }: Place, who: string): Promise<HelloApp> {
  const app = await copyHelloApp(surroundings, `${name}-${who.replaceAll(/[^a-z0-9]+/g, '-')}`);
  if (hasManyFiles) await layManyFiles(app.directory);
  return app;
}

/** nodemon, `node --watch` and `pm2 --watch`, those that are there; `scope` owns them. */
export async function startPeerWatchers(
  place: Place,
  { install }: { install: boolean },
): Promise<{ watchers: Watcher[]; missing: string[] }> {
  const { surroundings, scope } = place;
  const fetched = install ? await fetchPeers(surroundings) : undefined;
  const [nodemon, pm2] = await Promise.all([findProgram('nodemon', fetched), findProgram('pm2', fetched)]);
  const watchers = [await inForeground(place, 'node --watch', [surroundings.node, '--watch', 'app.js'])];
  if (nodemon !== undefined) watchers.unshift(await inForeground(place, 'nodemon', [nodemon, '--quiet', 'app.js']));
  if (pm2 !== undefined) {
    const name = 'pm2 --watch';
    const [app, port] = [await appFor(place, name), await freePort()];
    const run = await startPm2(surroundings, scope, { program: pm2, name: `${place.name}-pm2-home` });
    await run(['start', 'app.js', '--watch', '--name', place.name], { directory: app.directory, port });
    watchers.push({ name, app, asked: { port } });
  }
  await Promise.all(watchers.map(({ asked }) => firstAnswer(asked, surroundings.signal)));
  await sleep(settledAfterMs, surroundings.signal);
  const missing = [...(nodemon === undefined ? ['nodemon'] : []), ...(pm2 === undefined ? ['pm2'] : [])];
  return { watchers, missing };
}

async function inForeground(
  place: Place,
  name: string,
  [program, ...args]: readonly [string, ...string[]],
): Promise<Watcher> {
  const { surroundings, scope } = place;
  const [app, port] = [await appFor(place, name), await freePort()];
  const env = { ...peerEnvironment(surroundings), PORT: String(port) };
  scope.use(await startChild({ program, args, cwd: app.directory, env, graceMs: 3_000 }));
  return { name, app, asked: { port } };
}

const Event = v.looseObject({ event: v.string() });

/** `localpaas watch` of an app of that name, over a platform that runs already; `scope` owns it. */
export async function startLocalpaasWatch(place: Place, localpaas: Localpaas): Promise<Watcher> {
  const { surroundings, scope } = place;
  const [name, appName] = ['localpaas watch', `${place.name}-app`];
  const app = await appFor(place, name);
  const child = scope.use(
    await startChild({
      ...localpaas.commandOf(['watch', app.directory, '--name', appName, '--no-logs', '--json']),
      stdio: ['ignore', 'pipe', 'pipe'],
      graceMs: 5_000,
    }),
  );
  let [out, err] = ['', ''];
  child.stdout?.setEncoding('utf8').on('data', (chunk) => {
    out += chunk;
  });
  child.stderr?.setEncoding('utf8').on('data', (chunk) => {
    err += chunk;
  });
  let hasEnded = false;
  void child.exited.then(() => {
    hasEnded = true;
  });
  const isWatching = () => {
    if (hasEnded) throw new Error(`'localpaas watch' ended before it watched:\n${err}`.trim());
    return eventsIn(out).includes('watching') || undefined;
  };
  await waitFor('localpaas watch to watch', isWatching, { limitMs: 120_000, everyMs: 5, signal: surroundings.signal });
  return { name, app, asked: { port: localpaas.port, host: localpaas.hostOf(appName) } };
}

/** Their names; the last line may not have come as a whole yet. */
export function eventsIn(text: string): string[] {
  const lines = text.split('\n').slice(0, -1);
  return lines.map((line) => v.parse(Event, JSON.parse(line)).event);
}
