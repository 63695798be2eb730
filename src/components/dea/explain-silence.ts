import { holderOf, listeningPortsOf } from '#ground/ports.ts';
import { accepts } from './check-health.ts';
import type { HealthCheck } from './instance-record.ts';

/** Whether these processes listen on the port. Where the system does not tell, what answers there is taken for them. */
export function isListener(pids: readonly number[], port: number): boolean {
  return listeningPortsOf(pids).includes(port) || holderOf(port) === undefined;
}

/** Why an instance did not become ready, as far as one can see from outside; `undefined` when one cannot. */
export async function explainSilence(
  pids: readonly number[],
  port: number,
  check: HealthCheck,
): Promise<string | undefined> {
  const ports = listeningPortsOf(pids);
  const isAccepted = await accepts(port);
  if (isAccepted && !isListener(pids, port)) {
    const holder = holderOf(port);
    return `another program (${holder === undefined ? 'unknown' : `pid ${holder.pid}`}) took that port`;
  }
  if (isAccepted && check.type === 'http') return `it listens, but \`GET ${check.endpoint}\` was not answered with 200`;
  if (await accepts(port, '::1'))
    return 'it listens on that port of ::1 only, and should listen on 127.0.0.1 or 0.0.0.0';
  const others = ports.filter((each) => each !== port);
  if (others.length > 0) return `it listens on port ${others.join(', ')} instead of the one in $PORT`;
  return undefined;
}
