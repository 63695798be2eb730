import { type InheritedSocket, takeInheritedSocket } from '#ground/inherited-socket.ts';
import { predecessorVariable, takeKeeper } from './keeper.ts';

/** What this process was started with, beside what the user said. */
export interface Inheritance {
  /** The router's listening socket. */
  readonly socket: InheritedSocket | undefined;
  /** The pid of the platform to take over from. */
  readonly predecessor: number | undefined;
  /** The pid of the shell that started us and can start our successor. */
  readonly keeper: number | undefined;
  /** Whether systemd started us, and does it again when we leave with `comeBack`. */
  readonly isService: boolean;
}

/** Leaving with this code asks the service manager to start the platform again. EX_TEMPFAIL of sysexits.h. */
export const comeBack = 75;

/**
 * Takes what is meant for this process out of its environment.
 * @throws ActionableError START_FAILED when the socket cannot be used
 */
export function takeInheritance(env: Record<string, string | undefined>): Inheritance {
  const keeper = takeKeeper(env);
  const predecessor = Number(env[predecessorVariable]);
  delete env[predecessorVariable];
  const isService = env['SYSTEMD_EXEC_PID'] === String(process.pid);
  const socket = takeInheritedSocket(env);
  return { socket, keeper, predecessor: predecessor > 0 ? predecessor : undefined, isService };
}
