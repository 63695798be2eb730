import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, delimiter, join } from 'node:path';
import { isProgram } from '#ground/programs.ts';
import { runScript, ScriptFailure } from '#workload/lifecycle/builder/run-script.ts';
import { type Finding, ok, problem, warning } from '../../doctor/finding.ts';
import type { ScriptName, Source, Subject } from './subject.ts';

type Environment = Readonly<Record<string, string>>;

/** Whether the scripts that there are make a buildpack. */
export function checkShape({ scripts }: Subject): Finding {
  const has = (name: ScriptName) => scripts.includes(name);
  const check = 'shape';
  const all = scripts.map((name) => `bin/${name}`).join(', ');
  if (!has('finalize') && !has('compile')) {
    return has('supply')
      ? warning(
          check,
          'It has bin/supply, but neither bin/finalize nor bin/compile: it can only stand before another buildpack.',
          'Write bin/finalize BUILD CACHE DEPS INDEX PROFILE_DIR if apps are to be staged with it alone.',
        )
      : problem(
          check,
          scripts.length === 0 ? 'It has none of the scripts of a buildpack.' : `It has only ${all}.`,
          'Write bin/detect and bin/finalize (or bin/compile, as Heroku has it); `localpaas buildpack new NAME` shows how.',
        );
  }
  if (!has('detect')) {
    return warning(
      check,
      `It has no bin/detect: only who names it gets it.`,
      'Write one that exits with 1, to say so.',
    );
  }
  if (!has('finalize')) {
    const why =
      'It has bin/compile, but not bin/supply and bin/finalize: it can only be the last of several buildpacks.';
    return has('supply') ? warning(check, why, 'Write bin/finalize.') : ok(check, `Of the older kind: ${all}.`);
  }
  if (!has('supply')) return warning(check, 'It has no bin/supply: it can only be the last of several.', 'Write one.');
  return ok(check, `It has ${all}.`);
}

/** Whether each script can be started on this machine. */
export async function checkScripts({ place, scripts }: Subject, env: Environment): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const name of scripts) findings.push(await checkScript(join(place, 'bin', name), `bin/${name}`, env));
  return findings;
}

async function checkScript(file: string, check: string, env: Environment): Promise<Finding> {
  if ((statSync(file).mode & 0o111) !== 0o111) {
    const remedy = `\`chmod +x ${check}\`; in git \`git update-index --chmod=+x ${check}\`, too.`;
    return problem(check, 'It is not executable.', remedy);
  }
  const bytes = readFileSync(file);
  if (bytes.subarray(0, 4).equals(Buffer.from('\x7fELF'))) return ok(check, 'It is a program.');
  const text = bytes.toString('utf8');
  const [first = ''] = text.split('\n', 1);
  if (text.includes('\r\n')) {
    const found = 'Its lines end as on Windows: nobody finds a program whose name ends with a carriage return.';
    return problem(check, found, `\`sed -i 's/\\r$//' ${check}\`, and \`* text eol=lf\` in .gitattributes.`);
  }
  if (!first.startsWith('#!')) {
    const found = 'Its first line does not say what runs it.';
    return problem(check, found, 'Begin it with `#!/usr/bin/env bash`.');
  }
  const program = interpreterOf(first);
  if (!canBeRun(program, env)) {
    const found = `It is to be run by ${program}, which is not on this machine.`;
    return problem(check, found, `Install ${basename(program)}, or write it for bash, which is everywhere.`);
  }
  return checkSyntax(file, check, program, env);
}

/** Of `#!/usr/bin/env -S node --x` it is `node`. */
function interpreterOf(line: string): string {
  const [path = '', ...args] = line.slice(2).trim().split(/\s+/);
  if (basename(path) !== 'env') return path;
  return args.find((each) => !each.startsWith('-') && !each.includes('=')) ?? path;
}

function canBeRun(program: string, env: Environment): boolean {
  const places = program.includes('/')
    ? [program]
    : (env['PATH'] ?? '').split(delimiter).map((directory) => join(directory, program));
  return places.some(isProgram);
}

async function checkSyntax(file: string, check: string, program: string, env: Environment): Promise<Finding> {
  if (!/^(?:ba|da)?sh$/.test(basename(program))) return ok(check, `It is run by ${program}.`);
  let said = '';
  try {
    const err = (text: string) => {
      said += text;
    };
    await runScript({ program, args: ['-n', file], cwd: '/', env, out: () => {}, err });
    return ok(check, `It is run by ${program}, which understands it.`);
  } catch (error) {
    if (!(error instanceof ScriptFailure)) throw error;
    const [line = ''] = said.trim().split('\n');
    const what = line.replaceAll(file, check);
    return problem(
      check,
      `${program} does not understand it: ${what}.`,
      `\`${basename(program)} -n ${check}\` says it again.`,
    );
  }
}

/** What scripts read must have the line ends that scripts understand. */
export function checkLineEnds(sources: readonly Source[]): Finding[] {
  const bad = sources.filter(({ path, text }) => !path.startsWith('bin/') && text.includes('\r\n'));
  if (bad.length === 0) return [];
  const names = bad
    .map(({ path }) => path)
    .slice(0, 3)
    .join(', ');
  const remedy = `\`sed -i 's/\\r$//' ${names.replaceAll(',', '')}\`, and \`* text eol=lf\` in .gitattributes.`;
  return [problem('line ends', `Lines end as on Windows in ${names}.`, remedy)];
}

/** What tells people what it is. */
export function checkPapers({ place }: Subject): Finding {
  const here = (pattern: readonly string[]) => pattern.some((name) => existsSync(join(place, name)));
  const missing = [
    ...(here(['README.md', 'README', 'Readme.md', 'readme.md', 'README.rst', 'README.txt']) ? [] : ['README.md']),
    ...(here(['VERSION', 'version', 'package.json', 'manifest.yml']) ? [] : ['VERSION']),
  ];
  if (missing.length === 0) return ok('papers', 'It says what it is, and in which version.');
  const remedy = missing.includes('README.md')
    ? 'Write what apps it takes, and what settings they may have.'
    : 'Count its versions there: `echo 1.0.0 > VERSION`.';
  return warning('papers', `It has no ${missing.join(' and no ')}.`, remedy);
}
