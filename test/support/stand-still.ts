import { processTable } from '#ground/processes.ts';
import { waitFor } from '#ground/wait.ts';

/** Stops a process, and resolves when it really stands still: its threads may work on for a moment. */
export async function standStill(pid: number): Promise<void> {
  process.kill(pid, 'SIGSTOP');
  const isStopped = async () => (await processTable()).find((row) => row.pid === pid)?.state === 'T' || undefined;
  await waitFor(`process ${pid} to stand still`, isStopped, { limitMs: 15_000 });
}
