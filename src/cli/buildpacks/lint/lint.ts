import { mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AsyncDisposableStack } from '#ground/async-disposable-stack.ts';
import { removeTree } from '#ground/remove-tree.ts';
import type { Cli } from '../../cli.ts';
import type { Finding } from '../../doctor/finding.ts';
import { checkBuild } from './check-build.ts';
import { checkDetect } from './check-detect.ts';
import { checkLineEnds, checkPapers, checkScripts, checkShape } from './check-files.ts';
import { checkPaths, namedPaths, PathWatch } from './check-paths.ts';
import { type LintRoom, openLintRoom } from './lint-room.ts';
import type { Bench } from './scratch-build.ts';
import { openSubject, type Subject, sourcesIn } from './subject.ts';

export interface Linted {
  readonly name: string;
  readonly checks: readonly Finding[];
}

/** With what the buildpack is to be tried. */
export interface WantedApp {
  /** Its folder, absolute; absent: one that the buildpack takes. */
  readonly path: string | undefined;
  /** Its variables. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Checks a buildpack and stages an app with a copy of it, in a directory that is gone afterwards.
 * @param given a folder or a zip
 * @throws ActionableError when it cannot be read at all
 */
export async function lintBuildpack(cli: Cli, given: string, app: WantedApp): Promise<Linted> {
  await using undo = new AsyncDisposableStack();
  const scratch = undo.adopt(await mkdtemp(join(tmpdir(), 'localpaas-lint-')), removeTree);
  const bench = await benchIn(join(scratch, 'work'), cli, app.env);
  const subject = await openSubject(given, cli.workingDirectory, join(bench.scratch, 'buildpack'));
  const openRoom = async () => undo.use(await openLintRoom(scratch, bench, cli));
  return { name: subject.name, checks: await checksOf(subject, app.path, bench, openRoom) };
}

async function checksOf(
  subject: Subject,
  wanted: string | undefined,
  given: Bench,
  openRoom: () => Promise<LintRoom>,
): Promise<Finding[]> {
  const sources = sourcesIn(subject.place);
  const named = namedPaths(sources);
  const checks = [
    checkShape(subject),
    ...(await checkScripts(subject, given.env)),
    ...checkLineEnds(sources),
    checkPapers(subject),
  ];
  // What cannot be started need not be tried.
  if (checks.some(({ result }) => result === 'problem')) return [...checks, checkPaths(named, [])];
  const room = await openRoom();
  const { bench } = room;
  if (room.finding !== undefined) checks.push(room.finding);
  const watch = new PathWatch(room.standIns);
  const { findings, app } = await checkDetect(subject, wanted, bench);
  checks.push(...findings);
  const isWhole = subject.scripts.includes('finalize') || subject.scripts.includes('compile');
  if (app !== undefined && isWhole) checks.push(...(await checkBuild(subject, app, bench)));
  return [...checks, checkPaths(named, watch.made(named))];
}

/** How programs reach the network, and what they trust there. */
const passedOn = /^(?:(?:https?|no|all)_proxy|SSL_CERT_(?:FILE|DIR)|NODE_EXTRA_CA_CERTS)$/i;

/** An environment such as staging has. */
async function benchIn(scratch: string, { env, signal }: Cli, appEnv: WantedApp['env']): Promise<Bench> {
  const home = join(scratch, 'home');
  const tmp = join(scratch, 'tmp');
  for (const directory of [home, tmp, join(scratch, 'cache')]) await mkdir(directory, { recursive: true });
  const passed = Object.entries(env).flatMap(([name, value]) =>
    value !== undefined && passedOn.test(name) ? [[name, value]] : [],
  );
  const application = { application_name: 'lint', name: 'lint', uris: [], application_uris: [] };
  return {
    scratch,
    signal,
    limits: { detectMs: 10_000, stageMs: 5 * 60_000 },
    appEnv,
    env: {
      ...(Object.fromEntries(passed) as Record<string, string>),
      PATH: env['PATH'] ?? '',
      LANG: 'C.UTF-8',
      HOME: home,
      TMPDIR: tmp,
      CF_STACK: 'host',
      STACK: 'host',
      MEMORY_LIMIT: '256m',
      STAGING_TIMEOUT: '300.0',
      VCAP_APPLICATION: JSON.stringify(application),
      VCAP_SERVICES: '{}',
      ...appEnv,
    },
  };
}
