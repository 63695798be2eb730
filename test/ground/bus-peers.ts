import * as v from 'valibot';
import { Bus } from '#ground/bus.ts';
import { createLog, type LogEntry } from '#ground/log.ts';
import { exchange, subject } from '#ground/subject.ts';
import { startBus } from '../support/bus.ts';
import type { Scope } from '../support/spec.ts';

export const Ping = v.object({ n: v.number(), name: v.optional(v.string()) });
export const ping = subject('test.ping', Ping);
export const double = exchange('test.double', Ping, v.object({ n: v.number() }));

/** Two connections to one bus: the test speaks through `us`, and listens or answers through `them`, whose log is kept. */
export async function startPeers(scope: Scope) {
  const { bus: us, address, server } = await startBus(scope);
  const entries: LogEntry[] = [];
  const them = scope.use(
    await Bus.connect(
      address,
      'them',
      createLog((entry) => entries.push(entry)),
    ),
  );
  const logged = (event: string) => entries.filter((entry) => entry.event === event);
  return { us, them, logged, address, server };
}
