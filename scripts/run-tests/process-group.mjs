import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** How long a group has between SIGTERM and SIGKILL. */
const graceMs = 1_000;

/** Whether a member of the process group still runs; one that ended and was not collected yet does not. */
function isGroupAlive(groupId) {
  try {
    process.kill(-groupId, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
  if (process.platform !== 'linux') return true;
  return readdirSync('/proc').some((name) => /^\d+$/.test(name) && isMember(name, groupId));
}

function isMember(pid, groupId) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const [state, , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return Number(group) === groupId && state !== 'Z' && state !== 'X';
  } catch {
    return false; // it ended while we looked
  }
}

export async function groupEnds(pid, limitMs) {
  for (const endsAt = performance.now() + limitMs; ; await sleep(20)) {
    if (!isGroupAlive(pid)) return true;
    if (performance.now() > endsAt) return false;
  }
}

/** SIGTERM to the child's whole group, SIGKILL when that is not enough. */
export async function endGroup(pid) {
  for (const signal of ['SIGTERM', 'SIGKILL']) {
    signalGroup(pid, signal);
    if (await groupEnds(pid, graceMs)) return;
  }
}

export function signalGroup(pid, signal) {
  try {
    process.kill(-pid, signal);
  } catch {
    // it ended by itself meanwhile
  }
}
