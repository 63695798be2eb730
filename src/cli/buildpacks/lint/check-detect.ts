import { existsSync, readdirSync } from 'node:fs';
import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readableSize } from '#ground/bytes.ts';
import { assetsDirectory } from '#packaging/assets.ts';
import { runScript, ScriptFailure } from '#workload/lifecycle/builder/run-script.ts';
import { type Finding, ok, problem, warning } from '../../doctor/finding.ts';
import type { Bench } from './scratch-build.ts';
import { isFile, type Subject } from './subject.ts';

interface Detection {
  readonly answer: 'yes' | 'no' | 'hung';
  readonly said: string;
  readonly tookMs: number;
}

/** Every app that names no buildpack waits for the answers of all of them. */
const slowMs = 2_000;
const longestName = 4 * 1024;
let runs = 0;

async function detect({ place }: Subject, app: string | undefined, bench: Bench): Promise<Detection> {
  runs += 1;
  const directory = join(bench.scratch, `detect-${runs}`);
  if (app === undefined) await mkdir(directory, { recursive: true });
  else await cp(app, directory, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
  let said = '';
  const out = (text: string) => {
    said = `${said}${text}`.slice(0, 1024 * 1024);
  };
  const limit = AbortSignal.timeout(bench.limits.detectMs);
  const startedAt = performance.now();
  const tookMs = () => performance.now() - startedAt;
  try {
    const signal = AbortSignal.any([bench.signal, limit]);
    const program = join(place, 'bin', 'detect');
    const { env, sandbox } = bench;
    await runScript({ program, args: [directory], cwd: directory, env, out, err: () => {}, signal, sandbox });
    return { answer: 'yes', said: said.trimEnd(), tookMs: tookMs() };
  } catch (error) {
    bench.signal.throwIfAborted();
    if (limit.aborted) return { answer: 'hung', said, tookMs: tookMs() };
    if (error instanceof ScriptFailure) return { answer: 'no', said: said.trimEnd(), tookMs: tookMs() };
    throw error;
  }
}

/** An app to stage, and whether the buildpack takes it by itself. */
export interface ChosenApp {
  readonly path: string;
  readonly name: string;
  readonly isTaken: boolean;
}

/** What the buildpack says of nothing, and of an app. */
export async function checkDetect(
  subject: Subject,
  wanted: string | undefined,
  bench: Bench,
): Promise<{ findings: Finding[]; app: ChosenApp | undefined }> {
  if (!subject.scripts.includes('detect')) {
    const candidate = (await candidates(subject, wanted))[0];
    const app = wanted === undefined && candidate?.isOwn !== true ? undefined : candidate;
    return { findings: [], app: app === undefined ? undefined : { ...app, isTaken: false } };
  }
  const nothing = await detect(subject, undefined, bench);
  const findings = [ofNothing(nothing)];
  if (nothing.answer === 'hung') return { findings, app: undefined };
  const { app, finding } = await chooseApp(subject, wanted, bench);
  return { findings: [...findings, finding], app };
}

function ofNothing({ answer, said, tookMs }: Detection): Finding {
  const check = 'detect: an empty folder';
  if (answer === 'hung') {
    const found = `It did not answer within ${(tookMs / 1000).toFixed(1)} s.`;
    return problem(check, found, 'bin/detect has only to look at files: leave all work to supply and finalize.');
  }
  if (tookMs > slowMs) {
    const found = `It took ${(tookMs / 1000).toFixed(1)} s to answer.`;
    return warning(check, found, 'Every app that names no buildpack waits for it: only look at files.');
  }
  if (answer === 'no') return ok(check, 'It is refused.');
  const remedy = 'Put it last with `localpaas buildpacks order`, or only name it: those behind it are never asked.';
  return warning(check, `It is taken${said === '' ? '' : `, as ${shortened(said)}`}, and so is every app.`, remedy);
}

async function chooseApp(
  subject: Subject,
  wanted: string | undefined,
  bench: Bench,
): Promise<{ app: ChosenApp | undefined; finding: Finding }> {
  const all = await candidates(subject, wanted);
  for (const { path, name, isOwn } of all) {
    const detection = await detect(subject, path, bench);
    if (detection.answer === 'yes') return { app: { path, name, isTaken: true }, finding: ofApp(name, detection) };
    if (detection.answer === 'hung') return { app: undefined, finding: ofApp(name, detection) };
    if (wanted === undefined && !isOwn) continue;
    const remedy = 'It is staged all the same, as when somebody names the buildpack.';
    const refused = warning(`detect: ${name}`, 'It is refused.', remedy);
    return { app: { path, name, isTaken: false }, finding: refused };
  }
  const found = 'None of the sample apps is taken, so none was staged.';
  return {
    app: undefined,
    finding: warning('detect: an app', found, 'Give it one: `--app FOLDER`, or sample-app/ in the buildpack.'),
  };
}

function ofApp(name: string, { answer, said, tookMs }: Detection): Finding {
  const check = `detect: ${name}`;
  if (answer === 'hung')
    return problem(check, `It did not answer within ${(tookMs / 1000).toFixed(1)} s.`, 'Only look at files.');
  if (said === '')
    return warning(check, 'It is taken, without a name.', 'Print a name and a version: `echo "greet 1.0.0"`.');
  if (said.length > longestName || said.includes('\n')) {
    const found = `It prints ${readableSize(said.length)} in ${said.split('\n').length} lines, where a name is expected.`;
    return warning(check, found, 'Print one line to standard output, and everything else to standard error.');
  }
  if (tookMs > slowMs) return warning(check, `It took ${(tookMs / 1000).toFixed(1)} s.`, 'Only look at files.');
  return ok(check, `It is taken, as ${shortened(said)}.`);
}

function shortened(said: string): string {
  const [line = ''] = said.split('\n');
  return `'${line.slice(0, 60)}'`;
}

interface Candidate {
  readonly path: string;
  readonly name: string;
  /** The buildpack brings it. */
  readonly isOwn: boolean;
}

async function candidates({ place }: Subject, wanted: string | undefined): Promise<Candidate[]> {
  if (wanted !== undefined) return [{ path: wanted, name: wanted, isOwn: false }];
  const own = join(place, 'sample-app');
  if (existsSync(own)) return [{ path: own, name: 'sample-app', isOwn: true }];
  const samples = await assetsDirectory('sample-apps', process.env);
  const names = readdirSync(samples).sort();
  return names.flatMap((name) =>
    isFile(join(samples, name)) ? [] : [{ path: join(samples, name), name, isOwn: false }],
  );
}
