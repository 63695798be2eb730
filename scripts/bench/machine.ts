import { execFileSync } from 'node:child_process';
import { arch, cpus, loadavg, release, totalmem, type } from 'node:os';
import { readableSize } from '#ground/bytes.ts';
import type { Surroundings } from './surroundings.ts';

/** Where the figures come from, as facts for people. */
export type Machine = Readonly<Record<string, string>>;

export function describeMachine({ isExecutable, natsServer, node, version }: Surroundings): Machine {
  const processors = cpus();
  return {
    measured: new Date().toISOString(),
    localpaas: version,
    Node: `${nodeVersion(node)}${isExecutable ? ', the one inside the executable, for bare work too' : ''}`,
    'nats-server': natsServer.version,
    system: `${type()} ${release()}, ${arch()}`,
    processors: `${processors.length} × ${processors[0]?.model.trim() ?? 'unknown'}`,
    memory: readableSize(totalmem()),
    'load before': loadavg()
      .map((load) => load.toFixed(1))
      .join(', '),
  };
}

function nodeVersion(program: string): string {
  return execFileSync(program, ['--version'], { encoding: 'utf8' }).trim();
}
