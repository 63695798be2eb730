import { constants } from 'node:fs';
import { access, chown, mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ActionableError, messageOf, systemCodeOf } from '#ground/errors.ts';
import type { Account } from './plan.ts';
import { runTool } from './run-tool.ts';

type Env = Readonly<Record<string, string>>;

/** A command that root runs as somebody else, with the groups of that user and nothing of root's. */
export function asUser({ uid, gid }: Account, command: readonly string[]): readonly string[] {
  if (process.platform === 'darwin') return ['sudo', '-n', '-u', `#${uid}`, '-g', `#${gid}`, '--', ...command];
  return ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--init-groups', '--', ...command];
}

/**
 * Whether that user can run this program: it may lie in a home that is closed to others.
 * @throws ActionableError START_FAILED
 */
export async function checkProgram(account: Account, program: readonly string[], env: Env): Promise<void> {
  const { code, err } = await runTool(asUser(account, [...program, '--version']), { ...env, HOME: account.home });
  if (code === 0) return;
  const lines = err.split('\n').filter((line) => line.trim() !== '');
  // Node prints the line of code first and its own version last.
  const reason = lines.find((line) => /error|denied|cannot|not found/i.test(line)) ?? lines.at(-1) ?? `status ${code}`;
  throw new ActionableError(
    'START_FAILED',
    `${account.name} cannot run ${program.join(' ')}: ${reason.trim().replace(/\.$/, '')}.`,
    `Put localpaas where ${account.name} can read and execute it, such as /usr/local/bin, and install the service with that one.`,
  );
}

/**
 * Sees to it that the platform can keep its files in `home`. Root makes a home that is not there yet, for the user as
 * whom the service runs.
 * @throws ActionableError HOME_NOT_WRITABLE
 */
export async function checkHome(account: Account, home: string, env: Env, isRoot: boolean): Promise<void> {
  try {
    if (!isRoot) return await checkOwnHome(home);
    if (await makeDirectory(home)) await chown(home, account.uid, account.gid);
    const { code } = await runTool(asUser(account, ['test', '-d', home, '-a', '-w', home, '-a', '-x', home]), env);
    if (code !== 0) throw new Error(`${account.name} may not write there`);
  } catch (cause) {
    throw new ActionableError(
      'HOME_NOT_WRITABLE',
      `localpaas cannot keep its files in ${home}: ${messageOf(cause)}.`,
      `Make it a directory that ${account.name} owns, or choose another with \`--home DIR\`.`,
      { cause },
    );
  }
}

async function checkOwnHome(home: string): Promise<void> {
  await mkdir(home, { recursive: true, mode: 0o700 });
  await access(join(home, '.'), constants.W_OK | constants.X_OK);
}

/** @returns whether it had to be made; what lies above it must be there */
async function makeDirectory(path: string): Promise<boolean> {
  try {
    await stat(path);
    return false;
  } catch (error) {
    if (systemCodeOf(error) !== 'ENOENT') throw error;
  }
  await mkdir(path, { mode: 0o700 });
  return true;
}
