import { resolve } from 'node:path';
import { type Home, homeOf, type PlatformRecord } from '#assembly/home.ts';
import { ActionableError } from '#ground/errors.ts';
import { readIfThere } from '#ground/files.ts';
import { lockDirectory } from '#ground/lock.ts';
import { executable } from '#packaging/executable.ts';
import { programVersion } from '#packaging/installation.ts';
import { programFile } from '#packaging/program-file.ts';
import type { Cli } from '../cli.ts';
import { callersHome } from '../upgrade/callers-home.ts';
import { carryOut, type Done } from '../upgrade/carry-out.ts';
import { type Change, changeBack, changeTo, unchanged } from '../upgrade/change.ts';
import { isAddress } from '../upgrade/check-executable.ts';
import { type Found, findPlatform } from '../upgrade/restart-platform.ts';

/** What Debian's package manager has installed with our package. */
const packageList = '/var/lib/dpkg/info/localpaas.list';

export interface UpgradeInput {
  readonly from: string | undefined;
  readonly rollback: boolean;
  readonly restart: boolean;
  readonly force: boolean;
  readonly home: string | undefined;
  readonly json: boolean;
}

/** Puts another version in the place of this executable, and has the running platform become it. */
export async function run(cli: Cli, input: UpgradeInput): Promise<number> {
  const { from, rollback, restart, force, json } = input;
  if (Number(from !== undefined) + Number(rollback) + Number(restart) !== 1) {
    throw new ActionableError(
      'USAGE',
      'Say one of --from, --rollback and --restart.',
      '`localpaas help upgrade` has examples.',
    );
  }
  const path = restart ? programFile() : await installedPath(force);
  const home = homeOf(input.home ?? (await callersHome(cli.env)) ?? cli.home, cli.env);
  await using lock = await lockDirectory(path);
  if (lock === undefined) {
    throw new ActionableError('ALREADY_RUNNING', `${path} is being upgraded already.`, 'Wait until that is done.');
  }
  const version = programVersion();
  const change = await changeFor(cli, input, { path, home, version });
  if (change === undefined && (await isUpToDate(home, path, version))) {
    if (json) cli.out.json({ changed: false, version, path });
    else cli.out.line(`localpaas ${version} is installed already; \`--force\` installs it again.`);
    return 0;
  }
  await make(cli, { path, home, asJson: json }, change ?? unchanged(version));
  return 0;
}

interface Present {
  readonly path: string;
  readonly home: Home;
  readonly version: string;
}

/** @returns `undefined` when that version is installed already */
async function changeFor(cli: Cli, input: UpgradeInput, { path, home, version }: Present): Promise<Change | undefined> {
  const { from, rollback, restart, force } = input;
  const say = (...what: string[]) => ['sudo', path, 'upgrade', ...what, '--home', home.path].map(shellWord).join(' ');
  if (restart) {
    await checkPlatform(home, path);
    return unchanged(version);
  }
  if (rollback) return changeBack(cli, { path, version, asRoot: say('--rollback') });
  const file = from === undefined || isAddress(from) ? (from ?? '') : resolve(cli.workingDirectory, from);
  const asRoot = say('--from', file, ...(force ? ['--force'] : []));
  return changeTo(cli, file, { path, version, force, asRoot });
}

/** @throws ActionableError NOBODY_ANSWERED when no platform runs that could be started again */
async function checkPlatform(home: Home, path: string): Promise<void> {
  const found = await findPlatform(home, path);
  if (found.kind === 'ours') return;
  const runs = found.kind === 'none' ? '' : ` from ${path}: pid ${found.record.pid} runs ${found.record.program}`;
  throw new ActionableError(
    'NOBODY_ANSWERED',
    `No localpaas with the home ${home.path} runs${runs}.`,
    found.kind === 'none' ? 'Start one with `localpaas up`.' : 'Say it with that program.',
  );
}

async function make(cli: Cli, place: Told, change: Change): Promise<void> {
  try {
    tell(cli, place, change, await carryOut(cli, place, change));
  } finally {
    await change.discard();
  }
}

/** Whether the platform is what is installed: an upgrade that was killed may have got no further than the file. */
async function isUpToDate(home: Home, path: string, version: string): Promise<boolean> {
  const found = await findPlatform(home, path);
  return found.kind !== 'ours' || found.record.version === version;
}

/** @throws ActionableError USAGE when this is nothing that `upgrade` could replace */
async function installedPath(force: boolean): Promise<string> {
  if (executable() === undefined) {
    throw new ActionableError(
      'USAGE',
      'This localpaas runs from a checkout: there is no executable to replace.',
      'In the checkout, `git pull` and `npm run build` bring the new version; `localpaas upgrade --restart` starts it.',
    );
  }
  // Run under its other name, to go back when the new version does not even start.
  const path = programFile().replace(/\.previous$/, '');
  if (force || !(await readIfThere(packageList))?.split('\n').includes(path)) return path;
  throw new ActionableError(
    'USAGE',
    `${path} belongs to the package \`localpaas\`, which would not know of another version there.`,
    'Install the newer package; then `localpaas upgrade --restart` has the platform become it. `--force` replaces the file all the same.',
  );
}

function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

interface Told {
  readonly path: string;
  readonly home: Home;
  readonly asJson: boolean;
}

function tell(cli: Cli, { path, home, asJson }: Told, change: Change, { found, platform }: Done): void {
  const { from, to, replaces } = change;
  if (asJson) {
    cli.out.json({ changed: replaces, from, to, path, platform: platform ?? null });
    return;
  }
  const back = from === to ? '' : `; \`localpaas upgrade --rollback\` goes back to ${from}`;
  if (replaces) cli.out.line(`${path} is localpaas ${to} now${back}.`);
  cli.out.line(aboutPlatform(found, platform, to, home));
}

function aboutPlatform(found: Found, platform: PlatformRecord | undefined, to: string, home: Home): string {
  if (platform !== undefined) return `The platform runs as localpaas ${to} (pid ${platform.pid}).`;
  switch (found.kind) {
    case 'none':
      return `No platform runs with the home ${home.path}; the next \`localpaas up\` is the new version.`;
    case 'other':
      return `The platform with the home ${home.path} (pid ${found.record.pid}) runs ${found.record.program ?? 'something else'}, and goes on as it is.`;
    case 'ours':
      return '`localpaas down --keep-apps` and `localpaas up` start it; the apps go on meanwhile.';
  }
}
