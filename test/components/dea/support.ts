import { createHash, randomUUID } from 'node:crypto';
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { DeaOptions, dea } from '#components/dea/index.ts';
import {
  type DropletExited,
  deaHeartbeat,
  deaStart,
  deaStartInstance,
  dropletExited,
  type Heartbeat,
  type StartRequest,
} from '#contract/dea.ts';
import { type LogBatch, logBatches } from '#contract/logs.ts';
import { routerRegister, routerUnregister } from '#contract/routes.ts';
import type { Bus } from '#ground/bus.ts';
import type { Running } from '#ground/component.ts';
import { createLog, type LogEntry } from '#ground/log.ts';
import { environmentVariableOf, type ProcessRow, processTable } from '#ground/processes.ts';
import type { Subject } from '#ground/subject.ts';
import { createTarGz } from '#ground/tar.ts';
import { waitFor } from '#ground/wait.ts';
import { connectBus, startBus, type TestBus } from '../../support/bus.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import type { Scope } from '../../support/spec.ts';

/** Everything published on a subject since the test began to listen. */
export interface Heard<Message> {
  readonly messages: readonly Message[];
  /** The first message like this, also one that came before. */
  first(isIt?: (message: Message) => boolean, limitMs?: number): Promise<Message>;
}

export function listenTo<Message>(scope: Scope, bus: Bus, subject: Subject<Message>): Heard<Message> {
  const messages: Message[] = [];
  scope.use(bus.subscribe(subject, (message) => void messages.push(message)));
  return {
    messages,
    first: (isIt = () => true, limitMs = 15_000) =>
      waitFor(`a message on ${subject.name}`, () => messages.find(isIt), { limitMs }),
  };
}

/** A DEA as its peers see it. */
export interface Peer extends TestBus {
  readonly id: string;
  readonly dataDir: string;
  readonly heartbeats: Heard<Heartbeat>;
  readonly exits: Heard<DropletExited>;
  readonly registered: Heard<v.InferOutput<typeof routerRegister.schema>>;
  readonly withdrawn: Heard<v.InferOutput<typeof routerUnregister.schema>>;
  readonly logs: Heard<LogBatch>;
}

export interface TestDea extends Peer {
  readonly logged: readonly LogEntry[];
  /** Ends it, as the platform does for this reason. */
  readonly stop: (reason?: Error) => Promise<void>;
}

export type Options = Partial<v.InferInput<typeof DeaOptions>>;

export function optionsFor(options: Options): DeaOptions {
  return v.parse(DeaOptions, { path: process.env['PATH'] ?? '', stopGraceMs: 1_000, ...options });
}

/** The bus and the directory of a DEA. */
export type Home = TestBus & { readonly dataDir: string };

export async function openHome(scope: Scope): Promise<Home> {
  return { ...(await startBus(scope)), dataDir: await scratchDirectory(scope) };
}

/** Listens to a DEA that `startIt` starts. */
export async function listenToDea(scope: Scope, home: Home, startIt: () => Promise<unknown>): Promise<Peer> {
  const { bus } = home;
  const listeners = {
    heartbeats: listenTo(scope, bus, deaHeartbeat),
    exits: listenTo(scope, bus, dropletExited),
    registered: listenTo(scope, bus, routerRegister),
    withdrawn: listenTo(scope, bus, routerUnregister),
    logs: listenTo(scope, bus, logBatches),
  };
  const hello = listenTo(scope, bus, deaStart);
  await bus.flush();
  await startIt();
  const { id } = await hello.first();
  return { ...home, ...listeners, id };
}

/** A DEA in this process, with a bus of its own, or where another one was before. */
export async function openDea(scope: Scope, options: Options = {}, home?: Home): Promise<TestDea> {
  const itsHome = home ?? (await openHome(scope));
  const logged: LogEntry[] = [];
  const stopping = new AbortController();
  let running: Running | undefined;
  const peer = await listenToDea(scope, itsHome, async () => {
    const context = {
      bus: await connectBus(scope, itsHome.address),
      log: createLog((entry) => logged.push(entry)),
      dataDir: itsHome.dataDir,
      signal: stopping.signal,
    };
    running = scope.use(await dea.start(context, optionsFor(options)));
  });
  const stop = async (reason = new Error('The test ends.')) => {
    stopping.abort(reason);
    await running?.[Symbol.asyncDispose]();
  };
  return { ...peer, logged, stop };
}

export interface Droplet {
  readonly path: string;
  readonly sha1: string;
}

const standardStartup = (command: string) => `#!/bin/bash
export TMPDIR="$PWD/tmp"
DROPLET_BASE_DIR=$PWD
cd app
${command} > $DROPLET_BASE_DIR/logs/stdout.log 2> $DROPLET_BASE_DIR/logs/stderr.log &
STARTED=$!
echo "$STARTED" >> $DROPLET_BASE_DIR/run.pid
wait $STARTED
`;

/** A droplet as the stager makes them: `command` runs in `app/`, its output goes to `logs/`. */
export function dropletOf(
  scope: Scope,
  command: string,
  files: Readonly<Record<string, string>> = {},
): Promise<Droplet> {
  return packDroplet(scope, async (directory) => {
    await writeTree(directory, { startup: standardStartup(command), ...files });
  });
}

/** A droplet with the app of a directory of `test/fixtures`, run by node. */
export function fixtureDroplet(scope: Scope, fixture: string): Promise<Droplet> {
  const source = fileURLToPath(new URL(`../../fixtures/${fixture}`, import.meta.url));
  return packDroplet(scope, async (directory) => {
    await writeTree(directory, { startup: standardStartup('%VCAP_LOCAL_RUNTIME% app.js') });
    await cp(source, join(directory, 'app'), { recursive: true });
  });
}

/** An archive of exactly these files. */
export function archiveOf(scope: Scope, files: Readonly<Record<string, string>>): Promise<Droplet> {
  return packDroplet(scope, (directory) => writeTree(directory, files));
}

/** An archive of whatever `fill` puts into a directory. */
export async function packDroplet(scope: Scope, fill: (directory: string) => Promise<unknown>): Promise<Droplet> {
  const scratch = await scratchDirectory(scope);
  const directory = join(scratch, 'droplet');
  await mkdir(join(directory, 'app'), { recursive: true });
  await fill(directory);
  const path = join(scratch, 'droplet.tgz');
  await createTarGz(directory, await readdir(directory), path);
  return { path, sha1: await sha1Of(path) };
}

export async function sha1Of(path: string): Promise<string> {
  return createHash('sha1')
    .update(await readFile(path))
    .digest('hex');
}

async function writeTree(directory: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(directory, name)), { recursive: true });
    await writeFile(join(directory, name), content, { mode: name === 'startup' || name === 'stop' ? 0o500 : 0o644 });
  }
}

type Changes = Partial<StartRequest> & { droplet?: string };

/** A start request as a cloud controller sends it, for a node app at `<app>.localhost`. */
export function requestFor({ path, sha1 }: Droplet, changes: Changes = {}): StartRequest {
  const app = changes.droplet ?? randomUUID();
  return {
    droplet: app,
    index: 0,
    name: 'hello',
    version: `${sha1}-1`,
    uris: [`${app}.localhost`],
    sha1,
    executableFile: path,
    executableUri: 'http://127.0.0.1:9/never-asked',
    runtime_info: { name: 'node', executable: 'node' },
    framework: 'node',
    services: [],
    limits: { mem: 256, disk: 256, fds: 1024 },
    env: [],
    users: ['a@b.c'],
    cc_partition: 'default',
    ...changes,
  };
}

export function start({ bus, id }: Peer, request: StartRequest): void {
  bus.publish(deaStartInstance.at(id), request);
}

/** Starts an instance and waits until it runs. */
export async function startRunning(dea: Peer, request: StartRequest) {
  start(dea, request);
  const isIt = (message: Heartbeat) => stateIn(message, request) === 'RUNNING';
  const heartbeat = await dea.heartbeats.first(isIt);
  const isReached = (request.uris ?? []).length > 0;
  const route = isReached ? await dea.registered.first(({ app }) => app === request.droplet) : undefined;
  const instance = heartbeat.droplets.find(
    ({ droplet, index }) => droplet === request.droplet && index === request.index,
  );
  return { instance: instance?.instance ?? '', port: route?.port ?? 0, app: request.droplet };
}

export function stateIn(
  message: Heartbeat,
  { droplet, index }: { droplet: string; index: number },
): string | undefined {
  return message.droplets.find((each) => each.droplet === droplet && each.index === index)?.state;
}

export function exitOf(dea: Peer, app: string, limitMs?: number): Promise<DropletExited> {
  return dea.exits.first(({ droplet }) => droplet === app, limitMs);
}

/** The text of an app's log so far, of one source or of all. */
export function linesOf({ logs }: Peer, app: string, source?: string): string[] {
  return logs.messages
    .filter((batch) => batch.source_id === app && (source === undefined || batch.source_type === source))
    .flatMap(({ lines }) => lines.map(({ text }) => text));
}

/** Waits until the DEA has removed the files of all instances. */
export async function untilNothingIsLeft({ dataDir }: Peer): Promise<void> {
  const isEmpty = async () => ((await readdir(join(dataDir, 'instances'))).length === 0 ? true : undefined);
  await waitFor('the files of all instances to be removed', isEmpty, { limitMs: 15_000 });
}

/** The pids of all processes of an instance, found by its variable. */
export async function processesOf(instance: string): Promise<number[]> {
  const rows = await processTable();
  const isMember = ({ pid, state }: ProcessRow) =>
    state !== 'Z' && environmentVariableOf(pid, 'LOCALPAAS_INSTANCE') === instance;
  return rows.filter(isMember).map(({ pid }) => pid);
}

/** Serves files over HTTP and counts how often each was asked for. */
export async function serveDroplets(scope: Scope, files: Readonly<Record<string, string>>) {
  const asked = new Map<string, number>();
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    asked.set(path, (asked.get(path) ?? 0) + 1);
    const file = files[path];
    if (file === undefined) return response.writeHead(404).end('not here');
    void readFile(file).then((bytes) => response.end(bytes));
    return undefined;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  scope.defer(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as { port: number }; // an object for a server on a port
  return { url: (path: string) => `http://127.0.0.1:${port}${path}`, asked };
}

/** The process of an app, as its `startup` noted it. */
export async function appPidOf({ dataDir }: Peer, { instance }: { instance: string }): Promise<number> {
  return Number((await readFile(join(await directoryOf(dataDir, instance), 'run.pid'), 'utf8')).trim());
}

export async function directoryOf(dataDir: string, instance: string): Promise<string> {
  const instances = join(dataDir, 'instances');
  const name = (await readdir(instances)).find((each) => each.endsWith(instance));
  if (name === undefined) throw new Error(`The instance ${instance} has no directory.`);
  return join(instances, name);
}
