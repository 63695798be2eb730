import { join } from 'node:path';
import * as v from 'valibot';
import { homeOf, openHome } from '#assembly/home.ts';
import { openLogFile } from '#assembly/log-file.ts';
import { type RunningPlatform, startPlatform } from '#assembly/platform.ts';
import { PlatformSettings } from '#assembly/settings.ts';
import { AsyncDisposableStack } from '#ground/async-disposable-stack.ts';
import { KeepAppsRunning } from '#ground/component.ts';
import { ActionableError } from '#ground/errors.ts';
import { createLog, type Log } from '#ground/log.ts';
import { reasonOf } from '#ground/reason-of.ts';
import { assetsDirectory, cacheDirectory, programVersion } from '#packaging/assets.ts';
import { findNatsServer } from '#packaging/nats-server-program.ts';
import type { Cli } from '../cli.ts';
import { banner, commandName } from '../up/banner.ts';
import { readableLine } from '../up/readable-log.ts';

export interface UpInput {
  readonly port: number | undefined;
  readonly busPort: number | undefined;
  readonly listen: string | undefined;
  readonly domain: string | undefined;
  readonly home: string | undefined;
  readonly openBus: boolean;
  readonly demo: boolean;
  readonly verbose: boolean;
  readonly json: boolean;
}

/** Brings the platform up and stays until it is asked to stop. */
export async function run(cli: Cli, input: UpInput): Promise<number> {
  const startedAt = performance.now();
  await using undo = new AsyncDisposableStack();
  const home = homeOf(input.home ?? cli.home, cli.env);
  const settings = settingsOf(input);
  const stop = stopSignal(cli, undo);
  const program = await findNatsServer({ env: cli.env, cacheDir: cacheDirectory() });
  if (!input.json) cli.progress.line(`nats-server ${program.version} · ${program.origin} · ${program.path}`);

  await openHome(home);
  const log = openLog(cli, home.logFile, input, undo);
  const version = programVersion();
  const platform = await startPlatform(settings, { home, log, signal: stop, natsServer: program.path, version });
  undo.defer(async () => {
    if (!input.json) cli.progress.line(farewell(stop));
    await platform[Symbol.asyncDispose]();
    if (!input.json) cli.progress.line('Stopped.');
  });
  announce(cli, platform, { home: home.path, readyMs: performance.now() - startedAt, settings, json: input.json });
  if (input.demo) {
    const { pushDemo } = await import('../up/demo.ts');
    await pushDemo({ ...cli, home: home.path }, join(assetsDirectory('sample-apps'), 'hello-node'));
  }

  await Promise.race([platform.failure, aborted(stop)]);
  return 0;
}

function settingsOf(input: UpInput): PlatformSettings {
  const given = {
    port: input.port,
    busPort: input.busPort,
    listen: input.listen,
    domain: input.domain,
    openBus: input.openBus,
  };
  const settings = v.safeParse(PlatformSettings, given);
  if (settings.success) return settings.output;
  throw new ActionableError('USAGE', `${reasonOf(settings.issues)}.`, '`localpaas help up` shows what it takes.');
}

/** Ctrl-C and SIGTERM stop everything; SIGUSR2 stops the platform and leaves the apps to the next one. */
function stopSignal(cli: Cli, undo: AsyncDisposableStack): AbortSignal {
  const stop = new AbortController();
  const keepApps = () => stop.abort(new KeepAppsRunning());
  process.on('SIGUSR2', keepApps);
  undo.defer(() => process.removeListener('SIGUSR2', keepApps));
  const asked = () => stop.abort(cli.signal.reason);
  if (cli.signal.aborted) asked();
  else cli.signal.addEventListener('abort', asked, { once: true });
  return stop.signal;
}

function openLog(cli: Cli, path: string, input: UpInput, undo: AsyncDisposableStack): Log {
  const file = undo.use(openLogFile(path));
  return createLog((entry) => {
    file.write(entry);
    if (entry.level === 'debug' || (entry.level === 'info' && !input.verbose)) return;
    cli.progress.line(readableLine(entry, cli.progress.style));
  });
}

function announce(
  cli: Cli,
  { record }: RunningPlatform,
  facts: { home: string; readyMs: number; settings: PlatformSettings; json: boolean },
): void {
  if (facts.json) cli.out.json({ event: 'ready', ...record, home: facts.home, readyMs: Math.round(facts.readyMs) });
  else cli.out.raw(banner(record, facts, cli.out.style, commandName(cli.env)));
}

function farewell(stop: AbortSignal): string {
  return stop.reason instanceof KeepAppsRunning
    ? 'Stopping the platform; the apps keep running …'
    : 'Stopping the apps and the platform …';
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
