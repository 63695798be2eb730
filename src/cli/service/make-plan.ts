import { isIP } from 'node:net';
import { join, resolve } from 'node:path';
import * as v from 'valibot';
import { PlatformSettings } from '#assembly/settings.ts';
import { ActionableError } from '#ground/errors.ts';
import { reasonOf } from '#ground/reason-of.ts';
import type { Parameter } from '../command.ts';
import { routerWorkerCount } from '../parts/router-workers.ts';
import { upOptions } from '../rows/up-options.ts';
import type { Account, Scope, ServicePlan } from './plan.ts';

/** What `service install` is given. */
export interface InstallInput {
  readonly home: string | undefined;
  readonly port: number | undefined;
  readonly busPort: number | undefined;
  readonly listen: string | undefined;
  readonly domain: string | undefined;
  readonly idleStop: string | undefined;
  readonly routerWorkers: string | undefined;
  readonly openBus: boolean;
  readonly isolation: string | undefined;
  readonly requireIsolation: number | undefined;
  readonly verbose: boolean;
  readonly sandbox: boolean;
}

interface Surroundings {
  readonly scope: Scope;
  readonly account: Account;
  readonly program: readonly string[];
  /** The PATH for the service. */
  readonly path: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Variables that say where things are which belong to this installation of localpaas. */
const passedOn = ['LOCALPAAS_NATS_SERVER', 'LOCALPAAS_CACHE'];

/** @throws ActionableError USAGE when the options cannot be those of a service */
export function planOf(input: InstallInput, { scope, account, program, path, env }: Surroundings): ServicePlan {
  const settings = settingsOf(input);
  const home = resolve(input.home || env['LOCALPAAS_HOME'] || join(account.home, '.localpaas'));
  const own = passedOn.flatMap((name) => (env[name] ? [[name, resolve(env[name])] as const] : []));
  const plan: ServicePlan = {
    scope,
    account,
    program,
    options: optionsOf(input),
    home,
    listen: addressOf(settings.listen),
    port: settings.port,
    busPort: settings.busPort,
    environment: { PATH: path, LOCALPAAS_HOME: home, ...Object.fromEntries(own) },
    isConfined: input.sandbox,
  };
  refuseControlCharacters([...program, ...plan.options, ...Object.values(plan.environment)]);
  return plan;
}

function settingsOf({
  port,
  busPort,
  listen,
  domain,
  openBus,
  isolation,
  requireIsolation,
  routerWorkers,
}: InstallInput): PlatformSettings {
  const settings = v.safeParse(PlatformSettings, {
    port,
    busPort,
    listen,
    domain,
    openBus,
    isolation,
    requireIsolation,
  });
  routerWorkerCount(routerWorkers); // which refuses what is none
  if (!settings.success) throw misused(`${reasonOf(settings.issues)}.`);
  if (settings.output.port !== 0) return settings.output;
  throw new ActionableError(
    'USAGE',
    'A service needs a port that is the same after each boot, and --port 0 takes any.',
    'Name one: `localpaas service install --port 8080`.',
  );
}

/** The options that were given, as `up` takes them. */
function optionsOf(input: InstallInput): string[] {
  return Object.entries(upOptions).flatMap(([name, option]) => {
    const { syntax, initial }: Parameter<unknown> = option;
    const value = input[name as keyof typeof upOptions];
    const flag = /--[a-z-]+/.exec(syntax)?.[0] ?? '';
    if (value === initial) return [];
    return typeof value === 'boolean' ? [flag] : [flag, String(value)];
  });
}

/** A service manager listens at addresses; it asks nobody for names. */
function addressOf(listen: string): string {
  if (listen === 'localhost') return '127.0.0.1';
  if (isIP(listen) !== 0) return listen;
  throw misused(`--listen cannot be '${listen}': a service listens at an IP address, such as 127.0.0.1 or 0.0.0.0.`);
}

/** They would end a line in what is written for the service manager. */
function refuseControlCharacters(texts: readonly string[]): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is refused
  const found = texts.find((text) => /[\u0000-\u001f\u007f]/.test(text));
  if (found === undefined) return;
  throw new ActionableError(
    'USAGE',
    `${JSON.stringify(found)} has control characters, which no service manager takes.`,
    'Use another path or value.',
  );
}

function misused(message: string): ActionableError {
  return new ActionableError('USAGE', message, '`localpaas help service` shows what it takes.');
}
