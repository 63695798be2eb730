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
}

/** A real nats-server with JetStream, alone in the world, and a connection to it. */
export async function startBus(scope: Scope): Promise<TestBus> {
  const dataDir = join(await scratchDirectory(scope), 'nats-server');
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
  return { bus: await connectBus(scope, server.address), address: server.address, server };
}

/** Another connection to the same bus, as another component would have. */
export async function connectBus(scope: Scope, address: BusAddress): Promise<Bus> {
  return scope.use(await Bus.connect(address, 'test', silentLog));
}
