import { statSync } from 'node:fs';
import type { Home } from '#assembly/home.ts';
import { definedOf, filesIn, shell } from './keeper.ts';

/**
 * What is left of the process that the user started, once a keeper runs below it: it passes signals on and ends with
 * the keeper's exit status. The keeper was not started by this shell, which therefore cannot wait for it, but for
 * something that reads what the keeper holds open.
 *
 * Parameters: the keeper's pid, then the files of `filesIn`.
 */
const script = `
unset LOCALPAAS_SCRIPT
keeper=$1 report=$2 life=$3
(trap '' HUP TERM; exec cat <"$life" >/dev/null) &
reader=$!
for signal in HUP INT TERM USR2; do trap "kill -s $signal $keeper 2>/dev/null" "$signal"; done
while kill -s 0 "$reader" 2>/dev/null; do wait "$reader"; done
read -r _ status <"$report"
exit "\${status:-1}"
`;

/** Node has it from 22.15 on. */
interface WithExecve {
  execve?(file: string, args: readonly string[], env: Readonly<Record<string, string>>): never;
}

/**
 * Has this process become a shell that waits for its keeper, where that is possible: it needs 2 MB, and Node 80.
 * Everything that this process has open is closed by that but its input and output.
 */
export function becomeShell(keeper: number, home: Home): void {
  const { execve } = process as WithExecve;
  const { report, life } = filesIn(home);
  if (execve === undefined || statSync(life, { throwIfNoEntry: false })?.isFIFO() !== true) return;
  const args = ['sh', '-c', 'eval "$LOCALPAAS_SCRIPT"', 'localpaas', String(keeper), report, life];
  execve.call(process, shell, args, { ...definedOf(process.env), LOCALPAAS_SCRIPT: script });
}
