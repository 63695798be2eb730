import { join } from 'node:path';
import type { Benchmark, Work } from './benchmark.ts';
import { firstAnswer } from './first-answer.ts';
import { bareStartMs } from './hello-app.ts';
import { type Localpaas, startLocalpaas } from './localpaas.ts';
import type { Surroundings } from './surroundings.ts';
import { answersOf, sampleOf, takeover, unitsOf, withoutFailures } from './takeover.ts';
import { appFor, type Place, startLocalpaasWatch, startPeerWatchers, type Watcher, watcherNames } from './watchers.ts';

const bare = 'node app.js: first 200';
const ours = 'localpaas watch';
const restage = 'localpaas push, all files';

/** From the save of a file to an answer of the new version. All watchers run through all rounds, each over its own copy. */
export function watch({ install }: { install: boolean }): Benchmark {
  const targets: Readonly<Record<string, number>> = { 'node app.js': 1.8, nodemon: 1.3, 'node --watch': 0.35 };
  return {
    name: 'watch',
    title: 'a file of a running app is saved, until the new version answers',
    unit: 'ms',
    units: unitsOf(watcherNames),
    comparisons: comparisons(targets),
    bounds: [withoutFailures(ours)],
    prepare: async (surroundings, scope) => {
      const place = { surroundings, scope, name: 'watch', hasManyFiles: false };
      const localpaas = scope.use(
        await startLocalpaas(surroundings, { home: join(surroundings.scratch, 'watch-home') }),
      );
      return works(place, localpaas, { install });
    },
  };
}

/** The same for an app of 2,000 files; and what it costs to push all of it anew. */
export function watchManyFiles({ install }: { install: boolean }): Benchmark {
  return {
    name: 'watch-many-files',
    title: 'the same for an app with 2,000 files (29 MB)',
    unit: 'ms',
    units: unitsOf([...watcherNames, restage]),
    comparisons: [
      ...comparisons({ 'node app.js': 2.5 }),
      { name: `${restage} / node app.js`, of: answersOf(restage), by: [bare], target: 6 },
    ],
    bounds: [withoutFailures(ours), withoutFailures(restage)],
    prepare: async (surroundings, scope) => {
      const place = { surroundings, scope, name: 'watch-many-files', hasManyFiles: true };
      const home = join(surroundings.scratch, 'watch-many-files-home');
      const localpaas = scope.use(await startLocalpaas(surroundings, { home }));
      const prepared = await works(place, localpaas, { install });
      return { ...prepared, works: [...prepared.works, await restageWork(place, localpaas)] };
    },
  };
}

/** @param targets by whom localpaas is compared with */
function comparisons(targets: Readonly<Record<string, number>>): Benchmark['comparisons'] {
  const against = (name: string, other: string, by: string) => ({
    name: `${name} / ${other}`,
    of: answersOf(name),
    by: [by],
    ...(name === ours && targets[other] !== undefined ? { target: targets[other] } : {}),
  });
  const others = watcherNames.filter((name) => name !== ours);
  return [
    ...watcherNames.map((name) => against(name, 'node app.js', bare)),
    ...others.map((name) => against(ours, name, answersOf(name))),
  ];
}

async function works(place: Place, localpaas: Localpaas, { install }: { install: boolean }) {
  const { surroundings } = place;
  const { directory } = await appFor(place, 'node');
  const { watchers, missing } = await startPeerWatchers(place, { install });
  const all = [await startLocalpaasWatch(place, localpaas), ...watchers];
  return {
    works: [
      async () => ({ [bare]: await bareStartMs(surroundings, directory) }),
      ...all.map((watcher) => saveWork(surroundings, watcher)),
    ],
    notes: missing.map((name) => `${name} is not installed: not measured.`),
  };
}

function saveWork({ signal }: Surroundings, { name, app, asked }: Watcher): Work {
  return async (round) => {
    const version = `saved ${round}`;
    return sampleOf(name, await takeover(asked, { version, make: () => app.setVersion(version) }, signal));
  };
}

/** A push of the app as a whole, from the command line, though one file of it changed. */
async function restageWork(place: Place, localpaas: Localpaas): Promise<Work> {
  const { signal } = place.surroundings;
  const app = await appFor(place, 'push');
  const name = `${place.name}-push`;
  const push = () => localpaas.ok('push', app.directory, '--name', name);
  await push();
  const asked = { port: localpaas.port, host: localpaas.hostOf(name) };
  await firstAnswer(asked, signal);
  return async (round) => {
    const version = `pushed ${round}`;
    const make = async () => {
      await app.setVersion(version);
      await push();
    };
    return sampleOf(restage, await takeover(asked, { version, make }, signal));
  };
}
