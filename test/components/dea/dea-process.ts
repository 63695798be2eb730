import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { DeaOptions, dea } from '#components/dea/index.ts';
import { Bus } from '#ground/bus.ts';
import { startChild } from '#ground/child.ts';
import { silentLog } from '#ground/log.ts';
import type { Scope } from '../../support/spec.ts';
import { type Home, listenToDea, type Options, openHome, optionsFor, type Peer } from './support.ts';

export interface DeaProcess extends Peer {
  readonly pid: number;
  /** SIGKILL: it cannot do anything about it. Resolves when it is gone. */
  readonly kill: () => Promise<void>;
}

/** A DEA in a process of its own, which can be killed. Apps it leaves behind are for the test, or for another DEA. */
export async function openDeaProcess(scope: Scope, options: Options = {}, home?: Home): Promise<DeaProcess> {
  const itsHome = home ?? (await openHome(scope));
  const settings = { address: itsHome.address, dataDir: itsHome.dataDir, options: optionsFor(options) };
  const child = await startChild({
    program: process.execPath,
    args: ['--import', 'tsx', fileURLToPath(import.meta.url), JSON.stringify(settings)],
    env: { PATH: process.env['PATH'] ?? '' },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  scope.use(child);
  const peer = await listenToDea(scope, itsHome, async () => {});
  const kill = async () => {
    process.kill(child.pid, 'SIGKILL');
    await child.exited;
  };
  return { ...peer, pid: child.pid, kill };
}

/** What the process does: a DEA until SIGTERM, after which nothing of it is left. */
async function main(text: string): Promise<void> {
  const Settings = v.object({ address: v.looseObject({ url: v.string() }), dataDir: v.string(), options: DeaOptions });
  const { address, dataDir, options } = v.parse(Settings, JSON.parse(text));
  const stopping = new AbortController();
  const terminated = new Promise((resolve) => process.once('SIGTERM', resolve));
  const bus = await Bus.connect(address, 'dea', silentLog);
  const running = await dea.start({ bus, log: silentLog, dataDir, signal: stopping.signal }, options);
  await terminated;
  stopping.abort(new Error('The process was asked to end.'));
  await running[Symbol.asyncDispose]();
  await bus[Symbol.asyncDispose]();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(process.argv[2] ?? '');
