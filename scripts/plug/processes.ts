import { readdirSync, readlinkSync } from 'node:fs';
import { signalProcess } from '#ground/child.ts';
import { commandOf, environmentVariableOf, type ProcessRow, rowOf } from '#ground/processes.ts';
import { waitFor } from '#ground/wait.ts';

const limitMs = 10_000;

/** Kills every process that has to do with a directory, and waits until there is none. */
export async function killAllBelow(directory: string): Promise<void> {
  const areGone = () => (killOnce(directory) === 0 ? true : undefined);
  await waitFor(`the processes below ${directory} to end`, areGone, { limitMs });
}

/** Kills what there is now. @returns how many */
export function killOnce(directory: string): number {
  const found = processesBelow(directory);
  for (const { pid } of found) signalProcess(pid, 'SIGKILL');
  return found.length;
}

/** Has every process that has to do with a directory stand still; only killing them ends that. */
export async function freezeAllBelow(directory: string): Promise<void> {
  const standStill = () => {
    const moving = processesBelow(directory).filter(({ state }) => state !== 'T');
    for (const { pid } of moving) signalProcess(pid, 'SIGSTOP');
    return moving.length === 0 ? true : undefined;
  };
  await waitFor(`the processes below ${directory} to stand still`, standStill, { limitMs });
}

/** Those whose home it is, that were told of it, that stand in it or have a file in it open. Linux only. */
function processesBelow(directory: string): ProcessRow[] {
  const rows = readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? (rowOf(Number(name)) ?? []) : []));
  return rows.filter(({ pid, state }) => pid !== process.pid && state !== 'Z' && hasToDoWith(pid, directory));
}

function hasToDoWith(pid: number, directory: string): boolean {
  const isBelow = (path: string | undefined) => path === directory || path?.startsWith(`${directory}/`) === true;
  return (
    isBelow(environmentVariableOf(pid, 'HOME')) ||
    commandOf(pid).includes(`${directory}/`) ||
    isBelow(linkOf(pid, 'cwd')) ||
    openFilesOf(pid).some(isBelow)
  );
}

function openFilesOf(pid: number): (string | undefined)[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((number) => linkOf(pid, `fd/${number}`));
  } catch {
    return []; // it ended meanwhile, or is somebody else's
  }
}

function linkOf(pid: number, name: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/${name}`);
  } catch {
    return undefined; // as above
  }
}
