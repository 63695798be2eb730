import { isAbsolute } from 'node:path';
import type { Account } from './plan.ts';
import { runTool } from './run-tool.ts';

/** What a service gets whose user has no PATH that could be found out. */
const plainPath = '/usr/local/bin:/usr/bin:/bin';

const shellLimitMs = 5_000;

/**
 * The PATH for a service: apps get it, and their runtimes are looked for there. Left out is what belongs to a moment
 * rather than to the user: directories npm adds while it runs something, relative ones, and what lies in /tmp.
 */
export function servicePath(path: string | undefined): string {
  const lasting = (path ?? '').split(':').filter((directory) => {
    if (!isAbsolute(directory) || /^(\/var)?\/tmp(\/|$)/.test(directory)) return false;
    return !/\/(node_modules\/\.bin|node-gyp-bin)\/?$/.test(directory);
  });
  return lasting.length === 0 ? plainPath : [...new Set(lasting)].join(':');
}

/**
 * The PATH somebody has in a terminal, where version managers such as nvm and pyenv put theirs. Only that user's own
 * shell knows, so it is asked, as that user. `undefined` when it does not tell.
 */
export async function terminalPathOf(
  account: Account,
  asUser: (account: Account, command: readonly string[]) => readonly string[],
): Promise<string | undefined> {
  const mark = 'localpaas-path=';
  const env = {
    HOME: account.home,
    USER: account.name,
    LOGNAME: account.name,
    SHELL: account.shell,
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    TERM: 'dumb',
  };
  const question = `printf '\\n${mark}'; printenv PATH`;
  try {
    const { out } = await runTool(asUser(account, [account.shell, '-ilc', question]), env, shellLimitMs);
    return out
      .split('\n')
      .findLast((line) => line.startsWith(mark))
      ?.slice(mark.length);
  } catch {
    return undefined; // no shell to log in with, or one that waits for something
  }
}
