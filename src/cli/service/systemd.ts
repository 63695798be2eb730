import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ActionableError } from '#ground/errors.ts';
import { type Account, type Scope, serviceName } from './plan.ts';
import { type Ran, runTool, toolEnvironment } from './run-tool.ts';

/** What systemd knows of a unit now. */
export interface UnitState {
  /** `active`, `inactive`, `failed`, `activating`, … */
  readonly active: string;
  /** Finer: `running`, `auto-restart`, `dead`, … */
  readonly sub: string;
  /** Why it failed: `exit-code`, `start-limit-hit`, …; `success` when it did not. */
  readonly result: string;
  /** Of the main process; 0 when none runs. */
  readonly pid: number;
  readonly restarts: number;
  /** Whether it is started at boot. */
  readonly isEnabled: boolean;
  /** Since when it is active; null when it is not. */
  readonly since: Date | null;
  /** When its main process was started last, to the second. */
  readonly lastStart: Date | null;
}

/** Where units of the machine's administrator lie. */
export const systemUnitDirectory = '/etc/systemd/system';

/** Where the units of a user lie. */
export function userUnitDirectory(account: Account): string {
  return join(account.home, '.config', 'systemd', 'user');
}

/** Whether systemd runs this machine. */
export function hasSystemd(): boolean {
  return existsSync('/run/systemd/system');
}

/** Whether the services of this user start at boot, before anybody has logged in. */
export async function lingers(user: string): Promise<boolean> {
  const users: string[] = await readdir('/var/lib/systemd/linger').catch(() => []); // not there until somebody lingers
  return users.includes(user);
}

/** The systemd that runs the machine, or the one that runs the services of this user. */
export class Systemd {
  readonly scope: Scope;
  readonly unitDirectory: string;
  readonly #env: Readonly<Record<string, string>>;

  constructor(scope: Scope, account: Account, env: Readonly<Record<string, string | undefined>>) {
    this.scope = scope;
    this.unitDirectory = scope === 'system' ? systemUnitDirectory : userUnitDirectory(account);
    // Whoever came by `su` has the runtime directory of somebody else in the environment, or none.
    const runtime = { HOME: account.home, XDG_RUNTIME_DIR: `/run/user/${account.uid}` };
    this.#env = { ...toolEnvironment(env), ...runtime, TZ: 'UTC' };
  }

  /** Runs `systemctl`. Never rejects for an exit code. */
  call(...args: readonly string[]): Promise<Ran> {
    return runTool(['systemctl', ...this.#user, '--no-ask-password', ...args], this.#env);
  }

  /** Runs `systemctl`, which must succeed. @throws ActionableError START_FAILED */
  async do(...args: readonly string[]): Promise<void> {
    const { code, err } = await this.call(...args);
    if (code === 0) return;
    throw new ActionableError(
      'START_FAILED',
      `\`systemctl ${[...this.#user, ...args].join(' ')}\` did not succeed: ${err.trim() || `status ${code}`}`,
      `\`${this.command('status')}\` and \`${this.journalCommand()}\` tell more.`,
    );
  }

  async stateOf(unit: string): Promise<UnitState> {
    const { out } = await this.call('show', '--property', [...stateProperties].join(','), unit);
    return stateIn(out);
  }

  /**
   * What the service said when it ran last, or systemd of it when it did not get to say anything; none if we may not
   * read that.
   */
  async lastLines(unit: string, count: number): Promise<string[]> {
    const { lastStart } = await this.stateOf(unit);
    const since = lastStart === null ? [] : [`--since=${lastStart.toISOString().slice(0, 19).replace('T', ' ')} UTC`];
    const which = this.scope === 'system' ? '--unit' : '--user-unit';
    const output = ['--lines', String(count), '--output', 'cat', '--no-pager', '--quiet'];
    const args = ['journalctl', which, unit, ...since, ...output];
    const own = await runTool([...args, '--identifier', serviceName], this.#env);
    const { out } = own.out.trim() === '' ? await runTool(args, this.#env) : own;
    return out.split('\n').filter((line) => line.trim() !== '');
  }

  /**
   * Has this user's services start at boot and go on when nobody is logged in.
   * @returns whether they do; most machines let every user decide that
   */
  async enableLingering(): Promise<boolean> {
    const { code } = await runTool(['loginctl', '--no-ask-password', 'enable-linger'], this.#env);
    return code === 0;
  }

  /** Whether this systemd can be spoken to: that of a user runs while the user is logged in or lingers. */
  isThere(): boolean {
    return this.scope === 'system' || existsSync(join(this.#env['XDG_RUNTIME_DIR'] ?? '', 'systemd', 'private'));
  }

  /** What a user types: `sudo systemctl stop localpaas`. */
  command(verb: string): string {
    if (this.scope === 'user') return `systemctl --user ${verb} localpaas`;
    return `${verb === 'status' ? '' : 'sudo '}systemctl ${verb} localpaas`;
  }

  /** What a user types to read the journal. */
  journalCommand(): string {
    return this.scope === 'system' ? 'sudo journalctl -u localpaas' : 'journalctl --user -u localpaas';
  }

  get #user(): string[] {
    return this.scope === 'user' ? ['--user'] : [];
  }
}

/** The service that a process belongs to; `undefined` when it belongs to none, or is not ours to look at. */
export async function unitOf(pid: number): Promise<{ scope: Scope; unit: string } | undefined> {
  try {
    return unitIn(await readFile(`/proc/${pid}/cgroup`, 'utf8'));
  } catch {
    return undefined; // it has ended
  }
}

/** @param cgroups text of `/proc/<pid>/cgroup` */
export function unitIn(cgroups: string): { scope: Scope; unit: string } | undefined {
  // Where both versions are mounted, systemd keeps its units in the one or in the other.
  for (const line of cgroups.split('\n')) {
    const path = /^(?:0:|\d+:name=systemd):(\/.*)$/.exec(line)?.[1] ?? '';
    const unit = path.split('/').find((part) => part.endsWith('.service') && !/^user@\d+\.service$/.test(part));
    if (unit !== undefined) return { scope: /\/user@\d+\.service\//.test(path) ? 'user' : 'system', unit };
  }
  return undefined;
}

const stateProperties = [
  'ActiveState',
  'SubState',
  'Result',
  'MainPID',
  'NRestarts',
  'UnitFileState',
  'ActiveEnterTimestamp',
  'ExecMainStartTimestamp',
] as const;

/** @param shown what `systemctl show` prints: `Name=value` lines, with times in UTC */
export function stateIn(shown: string): UnitState {
  const lines = shown.split('\n').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]);
  const values: Partial<Record<string, string>> = Object.fromEntries(lines);
  const of = (name: (typeof stateProperties)[number]) => values[name] ?? '';
  const active = of('ActiveState') || 'inactive';
  return {
    active,
    sub: of('SubState') || 'dead',
    result: of('Result') || 'success',
    pid: Number(of('MainPID')) || 0,
    restarts: Number(of('NRestarts')) || 0,
    isEnabled: of('UnitFileState') === 'enabled',
    since: active === 'active' ? momentIn(of('ActiveEnterTimestamp')) : null,
    lastStart: momentIn(of('ExecMainStartTimestamp')),
  };
}

/** @param text `Sat 2026-11-21 14:28:47 UTC`, or nothing */
function momentIn(text: string): Date | null {
  const [, day, time] = /(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) UTC/.exec(text) ?? [];
  return day === undefined ? null : new Date(`${day}T${time}Z`);
}
