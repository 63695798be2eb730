import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { constants } from 'node:os';
import { dirname } from 'node:path';
import { type Child, startChild } from '#ground/child.ts';
import { ActionableError, messageOf } from '#ground/errors.ts';
import { holderOf, isFree, listen } from '#ground/ports.ts';
import { extractTarGz } from '#ground/tar.ts';
import { launcherScript } from '../launcher/index.ts';
import type { Container } from './container.ts';
import { type Effects, execute } from './execute.ts';
import { findKeptDroplet } from './kept-droplet.ts';
import { type Monitor, monitorOf, watch } from './monitor.ts';
import type { Recording } from './recording.ts';
import {
  containerVariables,
  downloadsIn,
  fetchDependencies,
  fetchInto,
  inContainer,
  type ReplayWorld,
  wantedFor,
} from './replay.ts';

interface LaunchSettings {
  /** Instead of the recorded one; 0 takes any free one. */
  readonly port: number | undefined;
  /** Added to the recorded variables. */
  readonly env: Readonly<Record<string, string>>;
  started(instance: { readonly pid: number; readonly port: number }): void;
  /** The monitor of the recording found it well, for the first time. */
  healthy(instance: { readonly pid: number; readonly port: number }): void;
}

/** As the cells of Diego grant it. */
const graceMs = 10_000;

/**
 * Starts an app as it was recorded, from the droplet that was restaged here, else from the recorded one, and waits until
 * it ends.
 * @returns its exit code; as shells count it, 128 and the signal that ended it
 * @throws ActionableError START_UNSUCCESSFUL when the recorded monitor gives it up, and others; the signal's reason
 */
export async function launchRecording(
  recording: Recording,
  world: ReplayWorld,
  settings: LaunchSettings,
): Promise<number> {
  const downloads = downloadsIn(recording.setup).map(wantedFor);
  world.files.checkAgainst([...recording.dependencies, ...downloads]);
  const recordedPort = recordedPortOf(recording);
  const port = await portFor(settings.port ?? recordedPort);
  const monitor = monitorOf(recording, recordedPort, port);
  return inContainer(world.home, async (container) => {
    await fetchDependencies(recording, container, world);
    await fetchDroplet(recording, container, world);
    const app = await start(recording, { container, world, settings, port });
    const instance = { pid: app.pid, port };
    settings.started(instance);
    const passing = Promise.all([passOn(app.stdout, world.out), passOn(app.stderr, world.err)]);
    passing.catch(() => {});
    try {
      return await untilEnd(app, monitor, recording, world, () => settings.healthy(instance));
    } finally {
      await app[Symbol.asyncDispose]();
      await passing; // what held its output open is gone now
    }
  });
}

function recordedPortOf({ run }: Recording): number {
  const port = Number(run.env.find(({ name }) => name === 'PORT')?.value ?? 8080);
  return Number.isInteger(port) && port > 0 && port < 65_536 ? port : 8080;
}

/** @throws ActionableError PORT_TAKEN */
async function portFor(wanted: number): Promise<number> {
  if (wanted === 0) {
    const server = createServer();
    const port = await listen(server, { host: '127.0.0.1', port: 0, who: 'The app' });
    await new Promise((done) => server.close(done));
    return port;
  }
  if (await isFree(wanted)) return wanted;
  const holder = holderOf(wanted);
  const who = holder === undefined ? 'another program' : `${holder.command} (pid ${holder.pid})`;
  throw new ActionableError('PORT_TAKEN', `Port ${wanted} is held by ${who}.`, 'Choose another one with -p PORT.');
}

async function fetchDroplet(recording: Recording, container: Container, world: ReplayWorld): Promise<void> {
  const { guid, processGuid, setup } = recording;
  // The guid of a process is that of the app and that of its version.
  const kept = await findKeptDroplet(
    world.home,
    [guid, processGuid, processGuid.slice(0, 36)].filter((each) => each !== ''),
  );
  if (kept !== undefined) {
    world.step(`Using the droplet ${kept.droplet}`);
    await extractTarGz(kept.droplet, container.home, { signal: world.signal, links: 'any' });
    return;
  }
  if (setup === undefined) {
    const message = `There is no droplet of ${guid || 'this app'}: none was restaged here, and the recording names none.`;
    throw new ActionableError('NOT_FOUND', message, 'Replay its staging first: `localpaas restage FILE`.');
  }
  const effects: Effects = {
    download: (download, signal) => fetchInto(wantedFor(download), container, world, signal),
    upload: async () => {},
    run: async ({ path }) => world.warn(`${path} is not run here.`),
    tell: (message) => world.step(message),
    forgive: (error) => world.step(`Going on without: ${messageOf(error)}`),
  };
  await execute(setup, effects, world.signal);
  await chmod(container.home, 0o700);
}

interface Place {
  readonly container: Container;
  readonly world: ReplayWorld;
  readonly settings: LaunchSettings;
  readonly port: number;
}

async function start({ run, env }: Recording, { container, world, settings, port }: Place): Promise<Child> {
  const launcher = container.pathOf('/tmp/lifecycle/launcher');
  await mkdir(dirname(launcher), { recursive: true });
  await writeFile(launcher, launcherScript, { mode: 0o500 });
  const limit = String(run.resource_limits.nofile ?? '');
  const script = '[ -z "$1" ] || ulimit -n "$1" 2> /dev/null; shift; exec bash "$@"';
  return startChild({
    program: 'bash',
    args: ['-c', script, 'launch', limit, launcher, ...run.args.map((each) => container.textOf(each))],
    cwd: run.dir === '' ? container.home : container.pathOf(run.dir),
    env: {
      ...containerVariables(container, world.env),
      ...container.variablesOf(env),
      ...container.variablesOf(run.env),
      ...instanceVariables(port),
      ...settings.env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    graceMs,
  });
}

/** What the cell adds. The app is for this machine alone, so the address it is given is that of loopback. */
function instanceVariables(port: number): Record<string, string> {
  const host = '127.0.0.1';
  return {
    PORT: String(port),
    VCAP_APP_PORT: String(port),
    VCAP_APP_HOST: host,
    INSTANCE_GUID: 'replay',
    INSTANCE_INDEX: '0',
    CF_INSTANCE_GUID: 'replay',
    CF_INSTANCE_INDEX: '0',
    CF_INSTANCE_IP: host,
    CF_INSTANCE_INTERNAL_IP: host,
    CF_INSTANCE_PORT: String(port),
    CF_INSTANCE_ADDR: `${host}:${port}`,
    CF_INSTANCE_PORTS: JSON.stringify([{ external: port, internal: port }]),
  };
}

async function untilEnd(
  app: Child,
  monitor: Monitor | undefined,
  { startTimeoutMs }: Recording,
  world: ReplayWorld,
  healthy: () => void,
): Promise<number> {
  const over = new AbortController();
  const signal = AbortSignal.any([world.signal, over.signal]);
  const aborted = new Promise<never>((_, reject) => {
    world.signal.addEventListener('abort', () => reject(world.signal.reason), { once: true });
  });
  aborted.catch(() => {});
  world.signal.throwIfAborted();
  const watching =
    monitor === undefined ? new Promise<never>(() => {}) : watch(monitor, startTimeoutMs, healthy, signal);
  watching.catch(() => {});
  try {
    const { code, signal: by } = await Promise.race([app.exited, watching, aborted]);
    return code ?? 128 + (by === null ? 0 : constants.signals[by]);
  } finally {
    over.abort();
  }
}

async function passOn(stream: Child['stdout'], write: (text: string) => void): Promise<void> {
  if (stream === null) return;
  stream.setEncoding('utf8');
  for await (const text of stream) write(text as string);
}
