import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type RunningNatsServer, startNatsServer } from '#components/nats-server/index.ts';
import { Bus, type BusAddress } from '#ground/bus.ts';
import { silentLog } from '#ground/log.ts';
import { natsServerProgram } from './programs.ts';
import { scratchDirectory } from './scratch.ts';
import type { Scope } from './spec.ts';

export interface TestBus {
  /** A connection for the test to play the peers with. */
  readonly bus: Bus;
  readonly address: BusAddress;
  readonly server: RunningNatsServer;
  /** Where the server keeps what it stores. */
  readonly dataDir: string;
}

/** A real nats-server with JetStream, alone in the world, and a connection to it. @param directory of an earlier one */
export async function startBus(scope: Scope, directory?: string): Promise<TestBus> {
  const dataDir = directory ?? join(await scratchDirectory(scope), 'nats-server');
  const server = scope.use(
    await startNatsServer(
      { log: silentLog, dataDir, signal: new AbortController().signal },
      {
        program: await natsServerProgram(),
        host: '127.0.0.1',
        port: 0,
        credentials: { user: 'test', password: 'test' },
        startLimitMs: 10_000,
        maxFailedRestarts: 5,
      },
    ),
  );
  return { bus: await connectBus(scope, server.address), address: server.address, server, dataDir };
}

/** Another connection to the same bus, as another component would have. */
export async function connectBus(scope: Scope, address: BusAddress): Promise<Bus> {
  return scope.use(await Bus.connect(address, 'test', silentLog));
}

/** The first block file of a bucket, in which the server of this directory keeps its values. */
export function blockFileIn(dataDir: string, bucket: string): string {
  return join(dataDir, 'store', 'jetstream', '$G', 'streams', `KV_${bucket}`, 'msgs', '1.blk');
}

/** Flips a bit of the text where it stands in a file for the last time. */
export async function spoil(file: string, text: string): Promise<void> {
  const content = await readFile(file);
  const at = content.lastIndexOf(text);
  if (at < 0) throw new Error(`${file} does not hold '${text}'.`);
  content[at] = (content[at] ?? 0) ^ 1;
  await writeFile(file, content);
}
