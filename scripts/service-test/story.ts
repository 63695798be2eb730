import * as assert from 'node:assert/strict';
import { waitFor } from '#ground/wait.ts';
import type { Installation } from './installation.ts';
import type { Machine, Ran } from './machine.ts';

/** Told as it goes on: what holds. */
export type Tell = (fact: string) => void;

export interface Stage {
  readonly machine: Machine;
  readonly installation: Installation;
  readonly tell: Tell;
}

/** What the app tells of itself. */
export interface Witness {
  readonly pid: number;
  readonly uid: number;
  readonly groups: readonly number[];
  readonly noNewPrivileges: boolean;
  readonly isFiltered: boolean;
  /** The bounding set, in hexadecimal. */
  readonly capabilities: string;
  /** Whether a file in /tmp is still there. */
  readonly keptFile: boolean;
  /** Where it listens beside its own port. */
  readonly strangePorts: readonly number[];
  /** Whose Node runs it. */
  readonly runtime: string | null;
}

export const user = 'pi';
const host = 'witness.localhost';

/** A service and its app on a machine of our own. */
export class Story {
  readonly machine: Machine;
  readonly tell: Tell;
  port: number;
  readonly #installation: Installation;
  readonly #isSystem: boolean;

  constructor({ machine, installation, tell }: Stage, scope: 'system' | 'user', port: number) {
    this.machine = machine;
    this.tell = tell;
    this.port = port;
    this.#installation = installation;
    this.#isSystem = scope === 'system';
  }

  /** Runs localpaas as the user whose apps they are, from a terminal. */
  localpaas(...args: readonly string[]): Promise<Ran> {
    return this.machine.runAs(user, 'bash', '-ilc', '"$@"', 'bash', ...this.#installation.command, ...args);
  }

  /** Runs localpaas as its user does by sudo. */
  sudo(...args: readonly string[]): Promise<Ran> {
    return this.machine.run('env', `SUDO_USER=${user}`, ...this.#installation.command, ...args);
  }

  /** Where the executable lies that was fetched; `undefined` when it is a checkout. */
  get download(): string | undefined {
    return this.#installation.download;
  }

  /** Runs localpaas as the one who manages the service: the user, or the user by sudo. */
  manage(...args: readonly string[]): Promise<Ran> {
    return this.#isSystem ? this.sudo('service', ...args) : this.localpaas('service', ...args);
  }

  /** What starts localpaas with these arguments. */
  command(...args: readonly string[]): string[] {
    return [...this.#installation.command, ...args];
  }

  systemctl(...args: readonly string[]): Promise<Ran> {
    if (this.#isSystem) return this.machine.run('systemctl', ...args);
    return this.machine.runAs(user, 'systemctl', '--user', ...args);
  }

  async push(): Promise<Witness> {
    succeeded(await this.localpaas('push', this.#installation.app));
    return this.answer();
  }

  /** Waits until the app answers through the router. */
  answer(): Promise<Witness> {
    const answers = async () => {
      const { last } = await this.machine.ask(this.port, host);
      return last === '' ? undefined : (JSON.parse(last) as Witness);
    };
    return waitFor('the app to answer', answers, { limitMs: 30_000, everyMs: 50 });
  }

  /** Nobody may listen on the router's port any more. */
  async expectRefusal(): Promise<void> {
    const { failures } = await this.machine.ask(this.port, host);
    assert.deepEqual(failures, { ECONNREFUSED: 1 });
  }

  /**
   * Does something to the platform while the app is asked all the time. No connection may be refused; those that were
   * being served may break.
   * @returns what became of the requests, as text
   */
  async asking(work: () => Promise<unknown>): Promise<string> {
    const { answered, failures } = await this.machine.ask(this.port, host, async () => {
      await work();
      await this.answer();
    });
    assert.ok(answered > 0 && failures['ECONNREFUSED'] === undefined, JSON.stringify(failures));
    const others = Object.entries(failures).map(([how, times]) => `, ${times} ${how}`);
    return `of all requests meanwhile, ${answered} were answered and none refused${others.join('')}`;
  }

  /** The process of the platform; 0 when there is none. */
  async platform(): Promise<number> {
    const { out } = await this.systemctl('show', '--property=MainPID', '--value', 'localpaas.service');
    return Number(out);
  }

  /** Waits until another process than this one is the platform. */
  platformAfter(before: number): Promise<number> {
    const isNew = async () => {
      const pid = await this.platform();
      return pid !== 0 && pid !== before ? pid : undefined;
    };
    return waitFor('another platform', isNew, { limitMs: 20_000, everyMs: 50 });
  }

  /** Waits until the platform says where it is. */
  waitForHome(): Promise<true> {
    const isThere = async () => {
      const { code } = await this.machine.run('test', '-s', `/home/${user}/.localpaas/run/platform.json`);
      return code === 0 ? true : undefined;
    };
    return waitFor('the platform to be ready', isThere, { limitMs: 20_000, everyMs: 50 });
  }

  waitForState(unit: string, wanted: string): Promise<true> {
    const is = async () => ((await this.stateOf(unit)) === wanted ? true : undefined);
    return waitFor(`${unit} to be ${wanted}`, is, { limitMs: 60_000, everyMs: 100 });
  }

  async stateOf(unit: string): Promise<string> {
    return (await this.systemctl('is-active', unit)).out.trim();
  }

  /** What runs of the user's, beside the login itself. */
  async left(): Promise<string[]> {
    const { out } = await this.machine.run('ps', '-u', user, '-o', 'args=');
    const isLogin = /^(\/\S*\/systemd --user|\(sd-pam\)|\/\S*\/dbus-daemon .*)$/;
    return out.split('\n').filter((line) => line !== '' && !isLogin.test(line));
  }
}

export function succeeded(ran: Ran): Ran {
  assert.equal(ran.code, 0, `${ran.out}\n${ran.err}`);
  return ran;
}
