import { join } from 'node:path';
import { readableSize } from '#ground/bytes.ts';
import { messageOf } from '#ground/errors.ts';
import { parseYaml } from '#ground/yaml.ts';
import { runScript, ScriptFailure } from '#workload/lifecycle/builder/run-script.ts';
import { type Finding, ok, problem, warning } from '../../doctor/finding.ts';
import type { ChosenApp } from './check-detect.ts';
import { type Bench, type BuildOutcome, buildOnce } from './scratch-build.ts';
import type { Subject } from './subject.ts';

/** Stages the app twice, as the platform would: with an empty cache, and with what the first time left in it. */
export async function checkBuild(subject: Subject, app: ChosenApp, bench: Bench): Promise<Finding[]> {
  const how = { place: subject.place, app: app.path, skipDetect: !app.isTaken };
  const first = await buildOnce(bench, { ...how, name: 'first' });
  const findings = [ofFirst(first, app.name)];
  if (first.staged === undefined) return findings;
  findings.push(ofProcesses(first), await checkRelease(subject, first, bench), ofPlaces(first));
  const second = await buildOnce(bench, { ...how, name: 'second' });
  findings.push(ofSecond(first, second));
  return findings;
}

function ofFirst({ failure, tail, tookMs, dropletBytes = 0 }: BuildOutcome, name: string): Finding {
  const check = 'stage';
  if (failure === undefined) {
    const size = readableSize(dropletBytes);
    return ok(check, `${name} became a droplet of ${size} in ${(tookMs / 1000).toFixed(1)} s.`);
  }
  const remedy = [failure.remedy ?? 'This is what it printed last:', ...tail.map((line) => `| ${line}`)];
  return problem(check, `${name} could not be staged: ${failure.message}.`, remedy.join('\n'));
}

function ofProcesses({ staged }: BuildOutcome): Finding {
  const processes = staged?.processes ?? [];
  if (processes.length > 0) {
    return ok('processes', processes.map(({ type, command }) => `${type}: ${command}`).join('; '));
  }
  const remedy =
    'Write launch.yml in deps/INDEX, or default_process_types in bin/release; else each app needs a command.';
  return warning('processes', 'It does not say how the app starts.', remedy);
}

async function checkRelease({ place, scripts }: Subject, { buildDir }: BuildOutcome, bench: Bench): Promise<Finding> {
  const check = 'release';
  if (!scripts.includes('release')) {
    if (scripts.includes('finalize')) return ok(check, 'There is none: launch.yml says how apps start.');
    return warning(
      check,
      'There is none. It works here; Cloud Foundry asks for one.',
      'Let it print `--- {}` at least.',
    );
  }
  let said = '';
  try {
    const out = (text: string) => {
      said = `${said}${text}`.slice(0, 64 * 1024);
    };
    const program = join(place, 'bin', 'release');
    const signal = AbortSignal.any([bench.signal, AbortSignal.timeout(10_000)]);
    const { env, sandbox } = bench;
    await runScript({ program, args: [buildDir], cwd: buildDir, env, out, err: () => {}, signal, sandbox });
    return ofRelease(check, parseYaml(said));
  } catch (error) {
    bench.signal.throwIfAborted();
    const why =
      error instanceof ScriptFailure ? `It ended with ${error.message}` : `It prints no YAML: ${messageOf(error)}`;
    return problem(check, `${why}.`, 'Print `---` and `default_process_types:` with a line for each process.');
  }
}

function ofRelease(check: string, value: unknown): Finding {
  const isMapping = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (isMapping || value === null || value === undefined) return ok(check, 'It prints YAML.');
  return problem(
    check,
    'It prints no mapping.',
    'Print `---` and `default_process_types:` with a line for each process.',
  );
}

function ofPlaces({ naming }: BuildOutcome): Finding {
  const check = 'moving';
  if (naming.length === 0) return ok(check, 'No file of the droplet says where it was built.');
  const files = naming.slice(0, 3).join(', ');
  const remedy =
    'Apps run elsewhere than they are built: write paths relative to $HOME or $DEPS_DIR, which are set when the app starts.';
  return warning(check, `The place of the build stands in ${files}${naming.length > 3 ? ', …' : ''}.`, remedy);
}

function ofSecond(first: BuildOutcome, second: BuildOutcome): Finding {
  const check = 'stage again';
  if (second.failure !== undefined) {
    const remedy = [
      'The second time it finds its cache filled. It printed last:',
      ...second.tail.map((line) => `| ${line}`),
    ];
    return problem(check, `That could not be done: ${second.failure.message}.`, remedy.join('\n'));
  }
  if (first.dropletSha256 === second.dropletSha256)
    return ok(check, 'The same app gives the same droplet, byte for byte.');
  const remedy = 'Look for times, random names and paths of the build in the files it writes.';
  return warning(check, 'The same app gives another droplet each time.', remedy);
}
