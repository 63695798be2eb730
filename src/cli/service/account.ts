import { userInfo } from 'node:os';
import { ActionableError } from '#ground/errors.ts';
import type { Account, Scope } from './plan.ts';
import { runTool } from './run-tool.ts';

/** Who asks for a service, and for whom. */
export interface Asking {
  readonly uid: number;
  /** What `--run-as` says. */
  readonly runAs: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Whose service it will be. Root installs for the machine, and the platform then runs as an ordinary user: the one
 * `--run-as` names, else the one who called sudo. Everybody else installs for himself.
 * @returns no name for who asks
 * @throws ActionableError USAGE
 */
export function whoseService({ uid, runAs, env }: Asking): { scope: Scope; name: string | undefined } {
  if (uid !== 0) {
    if (runAs === undefined) return { scope: 'user', name: undefined };
    throw new ActionableError(
      'USAGE',
      'Only root can install a service that runs as somebody else.',
      `\`sudo localpaas service install --run-as ${runAs}\`, or leave --run-as out to have it run as you.`,
    );
  }
  const caller = [runAs, env['SUDO_USER'], env['DOAS_USER']].find((name) => name !== undefined && name !== '');
  if (caller !== undefined && (caller !== 'root' || runAs === 'root')) return { scope: 'system', name: caller };
  throw new ActionableError(
    'USAGE',
    'The platform and its apps never run as root, and nobody says as whom they shall run.',
    'Name the user whose apps they are: `localpaas service install --run-as USER`. `sudo` by that user does it too.',
  );
}

/** The account of a name. @throws ActionableError USAGE when there is none, or when it is root's */
export async function accountOf(name: string, env: Readonly<Record<string, string>>): Promise<Account> {
  const question = process.platform === 'darwin' ? ['id', '-P', name] : ['getent', 'passwd', name];
  const { out } = await runTool(question, env);
  const account = accountIn(out);
  if (account === undefined || ![account.name, String(account.uid)].includes(name)) {
    throw new ActionableError('USAGE', `This machine has no user '${name}'.`, 'Name one of its users with `--run-as`.');
  }
  if (account.uid !== 0) return account;
  throw new ActionableError(
    'USAGE',
    `'${name}' is root, and the platform and its apps never run as root: every app could do everything.`,
    'Name an ordinary user with `--run-as`. Ports below 1024 work all the same: systemd opens them.',
  );
}

/** The account of this process, which the user database need not have: containers run under any number. */
export function ownAccount(): Account {
  try {
    const { username, uid, gid, homedir, shell } = userInfo();
    return { name: username, uid, gid, home: homedir, shell: shell ?? '/bin/sh' };
  } catch (error) {
    const [uid, gid] = [process.getuid?.(), process.getgid?.()];
    if (uid === undefined || gid === undefined) throw error;
    return { name: String(uid), uid, gid, home: process.env['HOME'] ?? '/', shell: '/bin/sh' };
  }
}

/** One line of a user database: `name:password:uid:gid:…:home:shell`, where BSD has three fields more. */
function accountIn(line: string): Account | undefined {
  const fields = line.trim().split(':');
  const [name = '', , uid, gid] = fields;
  const [home = '', shell = ''] = fields.slice(-2);
  if (fields.length < 7 || !/^\d+$/.test(uid ?? '') || !/^\d+$/.test(gid ?? '')) return undefined;
  return { name, uid: Number(uid), gid: Number(gid), home, shell };
}
