import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { endianness } from 'node:os';
import { promisify } from 'node:util';

/** One row of the process table. */
export interface ProcessRow {
  readonly pid: number;
  readonly parentPid: number;
  readonly groupId: number;
  /** The session; where the system does not tell (macOS) the group. */
  readonly sessionId: number;
  /** Tells two processes with the same pid apart; only to be compared. */
  readonly startedAt: string;
  /** `Z` is a process that ended and was not collected yet. */
  readonly state: string;
  /** Resident memory in bytes. */
  readonly residentBytes: number;
  /** CPU time used so far, in ms. */
  readonly cpuMs: number;
}

/** A process for the length of its life: pids are used again, pairs of pid and start are not. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startedAt: string;
}

const tickMs = 10;

/** All processes of this machine that we may see. */
export async function processTable(): Promise<ProcessRow[]> {
  if (process.platform !== 'linux') return tableFromPs();
  const rows: ProcessRow[] = [];
  for (const name of readdirSync('/proc')) {
    const first = name.charCodeAt(0);
    if (first < 48 || first > 57) continue;
    const row = rowOf(Number(name));
    if (row !== undefined) rows.push(row);
  }
  return rows;
}

/** The process, or `undefined` when there is none with this pid. Linux only; elsewhere use `processTable`. */
export function rowOf(pid: number, file = 'stat'): ProcessRow | undefined {
  const stat = readProc(pid, file);
  if (stat === undefined) return undefined;
  // The program's name stands in parentheses and may hold blanks and parentheses itself.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const at = (index: number) => Number(fields[index]);
  return {
    pid,
    state: fields[0] ?? '?',
    parentPid: at(1),
    groupId: at(2),
    sessionId: at(3),
    cpuMs: (at(11) + at(12)) * tickMs,
    startedAt: `${bootId()}/${fields[19]}`,
    residentBytes: at(21) * pageBytes(),
  };
}

/** Who a process is, or `undefined` when it has ended. */
export async function identityOf(pid: number): Promise<ProcessIdentity | undefined> {
  // An emulator answers for /proc/self/stat itself, with another start than everybody else reads; not for its threads.
  const file = pid === process.pid ? `task/${pid}/stat` : 'stat';
  const row = process.platform === 'linux' ? rowOf(pid, file) : (await tableFromPs()).find((each) => each.pid === pid);
  return row === undefined || row.state === 'Z' ? undefined : { pid, startedAt: row.startedAt };
}

/** Whether this very process, not a later one with its pid, still runs. */
export async function isAlive(identity: ProcessIdentity): Promise<boolean> {
  return (await identityOf(identity.pid))?.startedAt === identity.startedAt;
}

/** A variable of a process's environment as it was started; `undefined` when it cannot be read. Linux only. */
export function environmentVariableOf(pid: number, name: string): string | undefined {
  const environment = readProc(pid, 'environ');
  const entry = environment?.split('\0').find((each) => each.startsWith(`${name}=`));
  return entry?.slice(name.length + 1);
}

/** The command line of a process, for people to read; empty when it cannot be read. Linux only. */
export function commandOf(pid: number): string {
  return (readProc(pid, 'cmdline') ?? '').replaceAll('\0', ' ').trim();
}

function readProc(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    // It ended meanwhile, or belongs to somebody else: either way it is not ours to look at.
    return undefined;
  }
}

let knownBootId: string | undefined;

/** Start times count from the boot, so after a reboot they mean something else. */
function bootId(): string {
  knownBootId ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  return knownBootId;
}

let knownPageBytes: number | undefined;

/** 4096 nearly everywhere, but 16,384 on a Raspberry Pi 5: the kernel tells it to each program it starts. */
function pageBytes(): number {
  knownPageBytes ??= pageBytesIn(auxiliaryVector()) ?? 4096;
  return knownPageBytes;
}

function auxiliaryVector(): Buffer {
  try {
    return readFileSync('/proc/self/auxv');
  } catch {
    return Buffer.alloc(0); // some sandboxes do not show it
  }
}

/** @param auxv pairs of machine words: what it is, and its value. Only 64-bit machines have pages of other sizes. */
function pageBytesIn(auxv: Buffer): number | undefined {
  const pageSize = 6n;
  for (let at = 0; at + 16 <= auxv.length; at += 16) {
    if (wordAt(auxv, at) === pageSize) return Number(wordAt(auxv, at + 8));
  }
  return undefined;
}

function wordAt(bytes: Buffer, at: number): bigint {
  return endianness() === 'LE' ? bytes.readBigUInt64LE(at) : bytes.readBigUInt64BE(at);
}

async function tableFromPs(): Promise<ProcessRow[]> {
  const { stdout } = await promisify(execFile)('ps', ['-axo', 'pid=,ppid=,pgid=,state=,rss=,time=,lstart=']);
  return stdout.split('\n').flatMap((line) => {
    const match = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(\d+)\s+(\S+)\s+(.+?)\s*$/.exec(line);
    if (match === null) return [];
    const [, pid, parentPid, groupId, state, rss, time, start] = match;
    return {
      pid: Number(pid),
      parentPid: Number(parentPid),
      groupId: Number(groupId),
      sessionId: Number(groupId),
      state: (state ?? '?').charAt(0),
      residentBytes: Number(rss) * 1024,
      cpuMs: millisecondsOf(time ?? ''),
      startedAt: start ?? '',
    };
  });
}

/** `[days-][hours:]minutes:seconds[.fraction]`, as ps writes it. */
function millisecondsOf(time: string): number {
  const parts = time.replace('-', ':').split(':').map(Number).reverse();
  const seconds = (parts[0] ?? 0) + (parts[1] ?? 0) * 60 + (parts[2] ?? 0) * 3600 + (parts[3] ?? 0) * 86_400;
  return seconds * 1000;
}
