import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { endianness } from 'node:os';
import { ActionableError, systemCodeOf } from './errors.ts';
import { commandOf } from './processes.ts';

export interface ListenOptions {
  /** Address to listen on. */
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** Who wants to listen, for the error: `The router`. */
  readonly who: string;
  /** How to choose another port, for the error: `--router-port`. */
  readonly flag?: string;
}

/**
 * Has `server` listen. @returns the port it listens on
 * @throws ActionableError PORT_TAKEN, naming the program that holds the port where the system tells
 */
export async function listen(server: Server, { host, port, who, flag }: ListenOptions): Promise<number> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port }, () => {
        server.removeListener('error', reject);
        resolve();
      });
    });
  } catch (cause) {
    throw explainListenError(cause, { host, port, who, ...(flag === undefined ? {} : { flag }) });
  }
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('The server listens on no port.');
  return address.port;
}

function explainListenError(cause: unknown, { host, port, who, flag }: ListenOptions): unknown {
  const other = flag === undefined ? 'choose another port' : `choose another with \`${flag}\``;
  if (systemCodeOf(cause) === 'EADDRINUSE') {
    const holder = holderOf(port);
    const by = holder === undefined ? 'another program' : `'${holder.command}' (pid ${holder.pid})`;
    return new ActionableError(
      'PORT_TAKEN',
      `${who} cannot listen on port ${port}: ${by} holds it.`,
      `Stop that program, or ${other}.`,
      { cause },
    );
  }
  if (systemCodeOf(cause) === 'EACCES') {
    return new ActionableError(
      'PORT_TAKEN',
      `${who} may not listen on port ${port}: ports below 1024 belong to root.`,
      `To go on without root, ${other}.`,
      { cause },
    );
  }
  if (systemCodeOf(cause) === 'EADDRNOTAVAIL' || systemCodeOf(cause) === 'ENOTFOUND') {
    return new ActionableError(
      'START_FAILED',
      `${who} cannot listen on ${host}: this machine does not have that address.`,
      'Name one of its own addresses, or 0.0.0.0 for all of them.',
      { cause },
    );
  }
  return cause;
}

/** The program that listens on a TCP port of this machine, or `undefined` when the system does not tell. Linux only. */
export function holderOf(port: number): { pid: number; command: string } | undefined {
  const inodes = new Set(['tcp', 'tcp6'].flatMap((table) => listenersIn(table, port)));
  if (inodes.size === 0) return undefined;
  const pid = directoryOf('/proc').find(
    (name) => /^\d+$/.test(name) && directoryOf(`/proc/${name}/fd`).some((fd) => inodes.has(socketOf(name, fd))),
  );
  return pid === undefined ? undefined : { pid: Number(pid), command: commandOf(Number(pid)) };
}

/** Inodes of the sockets that listen on `port`, from `/proc/net/<table>`. */
function listenersIn(table: string, port: number): string[] {
  return [...listenersOf(table)].flatMap(([inode, listener]) => (listener === port ? [inode] : []));
}

/** The ports on which these processes listen. Linux only: empty elsewhere. */
export function listeningPortsOf(pids: readonly number[]): number[] {
  const ports = new Map(['tcp', 'tcp6'].flatMap((table) => [...listenersOf(table)]));
  const found = pids.flatMap((pid) => directoryOf(`/proc/${pid}/fd`).map((fd) => ports.get(socketOf(String(pid), fd))));
  return [...new Set(found.filter((port) => port !== undefined))];
}

/** Whether a process listens on a port. Linux only: no elsewhere. Reads no more than it has to, for the tables are slow. */
export function listensOn(pid: number, port: number): boolean {
  const sockets = new Set(directoryOf(`/proc/${pid}/fd`).map((fd) => socketOf(String(pid), fd)));
  // What listens on all addresses is nearly always in the table of IPv6.
  return ['tcp6', 'tcp'].some((table) => listenersIn(table, port).some((inode) => sockets.has(inode)));
}

/** Where the socket with this inode listens; `undefined` when it is no TCP socket that listens. Linux only. */
export function listenerWith(inode: number): { host: string; port: number } | undefined {
  for (const table of ['tcp', 'tcp6']) {
    const address = addressesIn(table).get(String(inode));
    if (address !== undefined) return { host: hostIn(address), port: portIn(address) };
  }
  return undefined;
}

/** Port by inode of all sockets that listen, from `/proc/net/<table>`. */
function listenersOf(table: string): Map<string, number> {
  return new Map([...addressesIn(table)].map(([inode, address]) => [inode, portIn(address)]));
}

/** Address by inode of all sockets that listen: `0100007F:1F90` for 127.0.0.1:8080. */
function addressesIn(table: string): Map<string, string> {
  const listening = '0A';
  const listeners = new Map<string, string>();
  for (const line of fileOf(`/proc/net/${table}`).split('\n')) {
    if (!line.includes(` ${listening} `)) continue; // most lines of a busy machine are connections
    const [, address, , state, , , , , , inode] = line.trim().split(/\s+/);
    if (state !== listening || address === undefined || inode === undefined) continue;
    listeners.set(inode, address);
  }
  return listeners;
}

function portIn(address: string): number {
  return Number.parseInt(address.slice(address.lastIndexOf(':') + 1), 16);
}

/** The kernel writes addresses as words of four bytes, each in the machine's order. */
function hostIn(address: string): string {
  const words = address.slice(0, address.lastIndexOf(':')).match(/.{8}/g) ?? [];
  const bytes = words.flatMap((word) => {
    const four = [...Buffer.from(word, 'hex')];
    return endianness() === 'LE' ? four.reverse() : four;
  });
  if (bytes.length === 4) return bytes.join('.');
  const groups = Array.from({ length: 8 }, (_, at) =>
    ((bytes[2 * at] ?? 0) * 256 + (bytes[2 * at + 1] ?? 0)).toString(16),
  );
  // The URL parser knows the short form.
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}

function socketOf(pid: string, fd: string): string {
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? '';
  } catch {
    return ''; // closed meanwhile
  }
}

function directoryOf(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return []; // another user's process, or not Linux
  }
}

function fileOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** A span of ports, both ends included. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/**
 * The ports for apps: outside the range from which the system takes ports for outgoing connections. Inside it a
 * readiness probe can connect to itself, and somebody's outgoing connection can take an app's port.
 * @param ephemeral text of `/proc/sys/net/ipv4/ip_local_port_range`; the usual range when empty
 */
export function appPortRange(ephemeral = fileOf('/proc/sys/net/ipv4/ip_local_port_range')): PortRange {
  const usual: readonly [number, number] = process.platform === 'linux' ? [32_768, 60_999] : [49_152, 65_535];
  const [low = usual[0], high = usual[1]] = (ephemeral.match(/\d+/g) ?? []).map(Number);
  const above = { first: Math.max(high + 1, 1024), last: 65_535 };
  if (above.last - above.first >= 1_000) return above;
  const below = { first: Math.max(1024, low - 10_000), last: low - 1 };
  // Where outgoing connections may use nearly every port, there is nothing better than ports inside.
  return below.last - below.first >= 1_000 ? below : { first: 61_000, last: 65_535 };
}

/** Whether something could listen on this port of the loopback interface and of all interfaces now. */
export async function isFree(port: number): Promise<boolean> {
  for (const host of ['127.0.0.1', '0.0.0.0']) {
    const server = createServer();
    const free = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(true)));
    });
    if (!free) return false;
  }
  return true;
}
