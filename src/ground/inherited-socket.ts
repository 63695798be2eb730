import { fstatSync } from 'node:fs';
import { ActionableError } from './errors.ts';
import { listenerWith } from './ports.ts';

/** A TCP socket that listens already, opened by whoever started this process. */
export interface InheritedSocket {
  readonly descriptor: number;
  /** Where it listens. */
  readonly host: string;
  readonly port: number;
}

const firstDescriptor = 3;

/**
 * Takes the socket which the starter of this process hands over, as systemd does (sd_listen_fds(3)): LISTEN_PID is this
 * process, LISTEN_FDS how many there are, from descriptor 3 on. The variables are removed, so that no child takes them
 * for its own; the descriptor itself is not inherited by children, for Node sees to that when it starts.
 * @param env of this process; changed
 * @returns `undefined` when there is none for this process
 * @throws ActionableError START_FAILED when what was handed over is something else than one TCP socket that listens
 */
export function takeInheritedSocket(env: Record<string, string | undefined>): InheritedSocket | undefined {
  const { LISTEN_PID: pid, LISTEN_FDS: count, LISTEN_FDNAMES: names } = env;
  for (const name of ['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES', 'LISTEN_PIDFDID']) delete env[name];
  // The variables may be meant for a parent of ours, and have come to us by mistake.
  if (pid !== String(process.pid) || count === undefined || count === '0') return undefined;
  if (count !== '1') {
    throw wrong(
      `LISTEN_FDS is '${count}'${names === undefined ? '' : ` (${names})`}`,
      'Hand over one socket: one `ListenStream=` in the socket unit.',
    );
  }
  return socketAt(firstDescriptor);
}

function socketAt(descriptor: number): InheritedSocket {
  const listening = 'Hand over a TCP socket that listens, or start localpaas without LISTEN_FDS.';
  // Without a socket it is one of Node's own.
  const stat = fstatSync(descriptor);
  if (!stat.isSocket()) throw wrong(`descriptor ${descriptor} is no socket`, listening);
  const listener = listenerWith(stat.ino);
  if (listener === undefined) throw wrong(`descriptor ${descriptor} is no TCP socket that listens`, listening);
  return { descriptor, ...listener };
}

function wrong(what: string, remedy: string): ActionableError {
  return new ActionableError(
    'START_FAILED',
    `The socket that localpaas was started with cannot be used: ${what}.`,
    remedy,
  );
}
