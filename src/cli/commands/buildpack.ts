import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { ActionableError } from '#ground/errors.ts';
import { lintBuildpack } from '../buildpacks/lint/lint.ts';
import { printChecks } from '../buildpacks/lint/print-checks.ts';
import { writeNewBuildpack } from '../buildpacks/new-buildpack.ts';
import type { Cli } from '../cli.ts';
import { workshopActions } from '../rows/buildpack-actions.ts';

interface Input {
  readonly action: string;
  readonly subject: string;
  readonly app: string | undefined;
  readonly env: readonly string[];
  readonly dir: string | undefined;
  readonly json: boolean;
}

/** @returns 1 when a buildpack has problems */
export async function run(cli: Cli, input: Input): Promise<number> {
  const action = workshopActions.find((each) => each === input.action);
  if (action === undefined) {
    throw new ActionableError(
      'USAGE',
      `\`localpaas buildpack\` cannot ${input.action}.`,
      '`lint` and `new` are here; `localpaas buildpacks` lists, adds and removes them.',
    );
  }
  refuseOthersOptions(input);
  if (action === 'lint') return lint(cli, input);
  const written = await writeNewBuildpack(input.subject, resolve(cli.workingDirectory, input.dir ?? input.subject));
  if (input.json) cli.out.json(written);
  else {
    cli.out.line(`${written.directory} has a buildpack that works: README.md says what to change.`);
    cli.out.line(`  localpaas buildpack lint ${written.directory}`);
    cli.out.line(`  localpaas buildpacks add ${written.name} ${written.directory}`);
  }
  return 0;
}

function refuseOthersOptions({ action, app, env, dir }: Input): void {
  const ofLint = [...(app === undefined ? [] : ['--app']), ...(env.length === 0 ? [] : ['--env'])];
  const ofNew = dir === undefined ? [] : ['--dir'];
  const [other, [wrong]] = action === 'lint' ? ['new', ofNew] : ['lint', ofLint];
  if (wrong === undefined) return;
  throw new ActionableError('USAGE', `${wrong} is for \`buildpack ${other}\` only.`, 'Leave it out.');
}

function variablesIn(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const [, name, value] = /^([^=]+)=(.*)$/s.exec(pair) ?? [];
      if (name !== undefined && value !== undefined) return [name, value];
      throw new ActionableError('USAGE', `--env cannot be '${pair}'.`, 'Give it KEY=VALUE.');
    }),
  );
}

async function lint(cli: Cli, { subject, app, env, json }: Input): Promise<number> {
  const path = app === undefined ? undefined : resolve(cli.workingDirectory, app);
  if (path !== undefined && statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new ActionableError('NOT_FOUND', `There is no folder ${path}.`, 'Name the folder of an app with --app.');
  }
  cli.progress.step(`Checking ${subject}`);
  const { name, checks } = await lintBuildpack(cli, subject, { path, env: variablesIn(env) });
  cli.progress.end();
  const problems = checks.filter(({ result }) => result === 'problem').length;
  if (json) cli.out.json({ name, problems, checks });
  else printChecks(cli, name, checks);
  return problems === 0 ? 0 : 1;
}
