import type { ChildOptions } from '#ground/child.ts';
import { isRoot } from './is-root.ts';
import { type Tools, tool } from './tools.ts';

/** Files that stand for the namespaces of a sandbox. */
export interface Namespaces {
  /** Absent where there is none of its own. */
  readonly user: string | undefined;
  readonly mount: string;
  readonly pid: string;
}

export interface Entering {
  readonly tools: Tools;
  readonly namespaces: Namespaces;
  readonly maxFileBytes: number | undefined;
}

/**
 * What libraries look at before a program's own code runs: it reaches that program, and none of the tools before it. These
 * are the variables that glibc takes no notice of in programs which run with more rights than who started them.
 */
const readByLibraries =
  /^(?:LD_\w+|GCONV_PATH|GETCONF_DIR|GLIBC_TUNABLES|HOSTALIASES|LOCALDOMAIN|LOCPATH|MALLOC_\w+|NIS_PATH|NLSPATH|RESOLV_HOST_CONF|RES_OPTIONS|TZDIR)$/;

/** Of root's rights those that concern files and processes of its own: none by which it could change mounts or devices. */
const rightsOfRoot = [
  ...['chown', 'dac_override', 'fowner', 'fsetid', 'kill'],
  ...['net_bind_service', 'setfcap', 'setgid', 'setpcap', 'setuid'],
];

/**
 * A program to be run inside, as words for one that is started outside: it enters, gives up all rights it has over the
 * sandbox, and becomes the program, which has the user, the status and the process group it would have outside.
 */
export function insideWords(
  { program, args = [], cwd = '/', env }: ChildOptions,
  { tools, namespaces, maxFileBytes }: Entering,
): Pick<ChildOptions, 'program' | 'args' | 'env'> {
  const { user, mount, pid } = namespaces;
  const moved = Object.entries(env).filter(([name]) => readByLibraries.test(name));
  const kept = Object.entries(env).filter(([name]) => !readByLibraries.test(name));
  return {
    program: tool(tools, 'nsenter'),
    args: [
      ...(user === undefined ? [] : [`--user=${user}`, '--preserve-credentials']),
      ...[`--mount=${mount}`, `--pid=${pid}`, '--'],
      ...givingUpWords(tools),
      ...(maxFileBytes === undefined ? [] : [tool(tools, 'prlimit'), `--fsize=${maxFileBytes}`, '--']),
      ...[tool(tools, 'env'), `--chdir=${cwd}`, ...moved.map(([name, value]) => `${name}=${value}`)],
      // What has such a sign in its name would be taken for one more variable.
      ...(program.includes('=') ? [tool(tools, 'nice'), '-n', '0'] : []),
      ...[program, ...args],
    ],
    env: Object.fromEntries(kept),
  };
}

function givingUpWords(tools: Tools): string[] {
  if (isRoot) {
    const rights = ['-all', ...rightsOfRoot.map((name) => `+${name}`)].join(',');
    return [tool(tools, 'setpriv'), `--bounding-set=${rights}`, '--inh-caps=-all', '--no-new-privs', '--'];
  }
  // Root of the sandbox becomes the user again, in a namespace that has no say over the mounts.
  const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
  return [tool(tools, 'unshare'), '--user', `--map-user=${uid}`, `--map-group=${gid}`, '--'];
}
