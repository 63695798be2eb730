import { stat } from 'node:fs/promises';
import { arch } from 'node:os';
import { resolve } from 'node:path';
import * as v from 'valibot';
import type { BackupRecord } from '#assembly/backup/backup-record.ts';
import type { CheckedBackup } from '#assembly/backup/read-backup.ts';
import { checkBackup, type Progress, restoreBackup } from '#assembly/backup/restore-backup.ts';
import { finishSwitch, hasState } from '#assembly/backup/switch-state.ts';
import { type Home, homeOf, readPlatformRecord } from '#assembly/home.ts';
import { DomainName } from '#contract/hosts.ts';
import { readableSize } from '#ground/bytes.ts';
import { ActionableError, systemCodeOf } from '#ground/errors.ts';
import { lockDirectory } from '#ground/lock.ts';
import type { Cli } from '../cli.ts';
import { readableTime } from '../readable-time.ts';

interface Input {
  readonly file: string;
  readonly replace: boolean;
  readonly check: boolean;
  readonly domain: string | undefined;
  readonly json: boolean;
}

/** Puts a backup into this home, whose platform must not run. */
export async function run(cli: Cli, input: Input): Promise<void> {
  const domain = domainIn(input);
  const path = await fileIn(cli, input.file);
  const progress = progressOf(cli);
  if (input.check) {
    progress.step('checking');
    const backup = await checkBackup(path, { signal: cli.signal }, progress.bytes);
    cli.progress.end();
    return tell(cli, input, backup, { path });
  }
  const home = homeOf(cli.home, cli.env);
  await using _lock = await takeHome(home);
  await finishSwitch(home);
  if (hasState(home) && !input.replace) throw inUse(home);
  const { backup, aside } = await restoreBackup(home, path, { signal: cli.signal, domain, progress });
  cli.progress.end();
  tell(cli, input, backup, { path, home: home.path, aside: aside ?? null, domain: domain ?? backup.record.domain });
}

function domainIn({ domain }: Input): string | undefined {
  if (domain === undefined || v.is(DomainName, domain)) return domain;
  throw new ActionableError(
    'USAGE',
    `--domain cannot be '${domain}'.`,
    'Give it a domain name in lower case, such as pi.lan.',
  );
}

async function fileIn(cli: Cli, file: string): Promise<string> {
  if (file === '-') {
    throw new ActionableError(
      'USAGE',
      'A backup is read twice, first to check all of it, so it cannot come through standard input.',
      'Write it into a file first: `cat > localpaas.tar.gz`.',
    );
  }
  const path = resolve(cli.workingDirectory, file);
  const found = await stat(path).catch((cause: unknown) => {
    const why = systemCodeOf(cause) === 'ENOENT' ? 'There is no file' : `This cannot be read (${systemCodeOf(cause)}):`;
    throw new ActionableError('NOT_FOUND', `${why} ${path}.`, 'Name a file that `localpaas backup` wrote.', { cause });
  });
  if (found.isFile()) return path;
  throw new ActionableError('USAGE', `${path} is no file.`, 'Name a file that `localpaas backup` wrote.');
}

function progressOf(cli: Cli): Progress {
  const names = { checking: 'Checking the backup', writing: 'Writing what is in it' };
  return {
    step: (what) => cli.progress.step(names[what]),
    bytes: (done, all) => cli.progress.detail(`${readableSize(done)} of ${readableSize(all)}`),
  };
}

async function takeHome(home: Home): Promise<AsyncDisposable> {
  const lock = await lockDirectory(home.path);
  if (lock !== undefined) return lock;
  const holder = await readPlatformRecord(home);
  throw new ActionableError(
    'ALREADY_RUNNING',
    `The platform of ${home.path} runs${holder === undefined ? '' : ` (pid ${holder.pid}, ${holder.url})`}; its state cannot be exchanged under it.`,
    'Stop it with `localpaas down`, or with `systemctl stop` where a service manager starts it again. Then repeat this.',
  );
}

function inUse(home: Home): ActionableError {
  return new ActionableError(
    'TAKEN',
    `There is a platform in ${home.path} already.`,
    'Add `--replace`: its state is set aside, not deleted. Or restore into another home: `--home DIR`.',
  );
}

interface Outcome {
  readonly path: string;
  /** Absent when the backup was only checked. */
  readonly home?: string;
  readonly aside?: string | null;
  readonly domain?: string;
}

function tell(cli: Cli, { json }: Input, { record, state }: CheckedBackup, outcome: Outcome): void {
  const apps = state.app.map(({ name }) => name);
  const warnings = warningsOf(record, state);
  if (json) {
    cli.out.json({ ...outcome, backup: { ...record, members: record.members.length }, apps, warnings });
    return;
  }
  const made = `made ${readableTime(new Date(record.createdAt))} on ${record.machine.name} by localpaas ${record.version}`;
  cli.out.line(`${outcome.path}: ${count(apps.length, 'app')}, ${made}.`);
  if (apps.length > 0) cli.out.line(apps.join(', '));
  for (const warning of warnings) cli.progress.warn(warning);
  if (outcome.home === undefined) cli.out.line('Every byte is as it was written.');
  else tellNext(cli, record, outcome);
}

function tellNext(cli: Cli, record: BackupRecord, { aside, domain = record.domain }: Outcome): void {
  if (typeof aside === 'string') cli.out.line(`What was there before lies in ${aside}.`);
  const option = domain === 'localhost' ? '' : ` --domain ${domain}`;
  cli.out.line(`Restored. \`localpaas up${option}\` starts the apps at http://<name>.${domain}.`);
  if (domain === record.domain) {
    cli.out.line('To have them below another domain, repeat this with `--domain NAME --replace`: their hosts stay.');
  }
}

/** What was built on another kind of machine may not run on this one. */
function warningsOf({ machine }: BackupRecord, { droplet }: CheckedBackup['state']): string[] {
  if (droplet.length === 0 || (machine.architecture === arch() && machine.platform === process.platform)) return [];
  return [
    `The apps were built on ${machine.platform} ${machine.architecture}, and this is ${process.platform} ${arch()}. Those with compiled parts do not run here until they are built here: \`localpaas restage NAME\`.`,
  ];
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
