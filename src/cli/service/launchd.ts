import { chmod, mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { homeOf, type PlatformRecord, readPlatformRecord } from '#assembly/home.ts';
import { ActionableError } from '#ground/errors.ts';
import { readIfThere, writeFileDurably } from '#ground/files.ts';
import { isAlive } from '#ground/processes.ts';
import { waitFor } from '#ground/wait.ts';
import type { Cli } from '../cli.ts';
import { launchdPlist } from './launchd-plist.ts';
import { type Account, type Scope, type ServicePlan, serviceName } from './plan.ts';
import { type Ran, runTool, toolEnvironment } from './run-tool.ts';
import { notInstalled, type ServiceStatus } from './service-status.ts';

const readyLimitMs = 90_000;
const stopLimitMs = 60_000;

/** launchd of macOS: a LaunchDaemon, which starts at boot, or the LaunchAgent of a user, which starts at login. */
export class Launchd {
  readonly scope: Scope;
  readonly file: string;
  readonly #domain: string;
  readonly #env: Readonly<Record<string, string>>;

  constructor(scope: Scope, account: Account, env: Readonly<Record<string, string | undefined>>) {
    this.scope = scope;
    const directory = scope === 'system' ? '/Library/LaunchDaemons' : join(account.home, 'Library', 'LaunchAgents');
    this.file = join(directory, `${serviceName}.plist`);
    this.#domain = scope === 'system' ? 'system' : `gui/${account.uid}`;
    this.#env = toolEnvironment(env);
  }

  get commands() {
    const sudo = this.scope === 'system' ? 'sudo ' : '';
    return {
      stop: `${sudo}launchctl bootout ${this.#target}`,
      start: `${sudo}launchctl bootstrap ${this.#domain} ${this.file}`,
      logs: 'tail -f ~/Library/Logs/localpaas.log',
    };
  }

  async install(plan: ServicePlan, cli: Cli): Promise<PlatformRecord> {
    const home = homeOf(plan.home, {});
    const isInstalled = (await readIfThere(this.file)) !== undefined;
    const running = await readPlatformRecord(home);
    if (!isInstalled && running !== undefined && (await isAlive(running))) {
      throw new ActionableError(
        'ALREADY_RUNNING',
        `A localpaas that is no service runs with the home ${plan.home} already (pid ${running.pid}, ${running.url}).`,
        'Stop it with `localpaas down` and install the service again.',
      );
    }
    if (isInstalled) await this.#unload(cli.signal);
    await mkdir(dirname(this.file), { recursive: true });
    await writeFileDurably(this.file, launchdPlist(plan));
    await chmod(this.file, 0o644); // launchd takes no file that others may write
    await this.#do('enable', this.#target);
    await this.#do('bootstrap', this.#domain, this.file);
    const answers = async () => {
      const record = await readPlatformRecord(home);
      return record !== undefined && (await isAlive(record)) ? record : undefined;
    };
    return waitFor('the platform to be ready', answers, { limitMs: readyLimitMs, everyMs: 100, signal: cli.signal });
  }

  async uninstall(cli: Cli): Promise<void> {
    await this.#unload(cli.signal);
    await rm(this.file, { force: true });
  }

  async status(): Promise<ServiceStatus> {
    if ((await readIfThere(this.file)) === undefined) return notInstalled('launchd', this.scope);
    const { out, code } = await this.#call('print', this.#target);
    const fact = (name: string) => new RegExp(`^\\s*${name} = (.+)$`, 'm').exec(out)?.[1] ?? null;
    const pid = Number(fact('pid')) || null;
    const isSystem = this.scope === 'system';
    return {
      ...notInstalled('launchd', this.scope),
      file: this.file,
      enabled: code === 0,
      running: pid !== null,
      state: fact('state') ?? 'not loaded',
      pid,
      startsAtBoot: isSystem && code === 0,
      hint: isSystem ? null : 'It starts at login; `sudo localpaas service install` makes one that starts at boot.',
    };
  }

  get #target(): string {
    return `${this.#domain}/${serviceName}`;
  }

  /** Stops it, if it runs, and waits until it has stopped. */
  async #unload(signal: AbortSignal): Promise<void> {
    await this.#call('bootout', this.#target); // it may not be loaded
    const isGone = async () => ((await this.#call('print', this.#target)).code === 0 ? undefined : true);
    await waitFor('launchd to stop the platform', isGone, { limitMs: stopLimitMs, everyMs: 200, signal });
  }

  #call(...args: readonly string[]): Promise<Ran> {
    return runTool(['launchctl', ...args], this.#env);
  }

  async #do(...args: readonly string[]): Promise<void> {
    const { code, err } = await this.#call(...args);
    if (code === 0) return;
    throw new ActionableError(
      'START_FAILED',
      `\`launchctl ${args.join(' ')}\` did not succeed: ${err.trim() || `status ${code}`}`,
      `\`launchctl print ${this.#target}\` and ~/Library/Logs/localpaas.log tell more.`,
    );
  }
}
