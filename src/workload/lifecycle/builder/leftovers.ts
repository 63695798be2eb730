import { signalProcess } from '#ground/child.ts';
import { environmentVariableOf, type ProcessRow, processTable } from '#ground/processes.ts';
import { sleep } from '#ground/wait.ts';

/** Every process of a build inherits it. */
export const buildVariable = 'LOCALPAAS_BUILD';

const rounds = 20;

/**
 * Kills what a script left behind: members of its session, and, where systems show environments (Linux), whatever carries
 * the build's mark, which also finds daemons that made a session of their own.
 * @param mark of the build, if its processes have one
 * @returns how many were killed
 */
export async function killLeftovers(sessionId: number, mark?: string): Promise<number> {
  const killed = new Set<number>();
  for (let round = 0; round < rounds; round++) {
    const left = (await processTable()).filter((row) => isOf(row, sessionId, mark));
    if (left.length === 0) break;
    for (const { pid } of left) {
      signalProcess(pid, 'SIGKILL');
      killed.add(pid);
    }
    await sleep(5); // one that forked just before it died is found in the next round
  }
  return killed.size;
}

function isOf(row: ProcessRow, sessionId: number, mark: string | undefined): boolean {
  if (row.state === 'Z' || row.state === 'X' || row.pid === process.pid) return false;
  if (row.sessionId === sessionId) return true;
  return mark !== undefined && environmentVariableOf(row.pid, buildVariable) === mark;
}
