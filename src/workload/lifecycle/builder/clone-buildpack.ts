import { writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { removeTree } from '#ground/remove-tree.ts';
import { BuilderFailure } from './failure.ts';
import { runScript, ScriptFailure } from './run-script.ts';

export interface Cloning {
  readonly url: string;
  /** What stood behind `#`: a branch, a tag, or (unless strict) a commit. */
  readonly revision: string;
  readonly destination: string;
  /** An empty directory for what git is told. */
  readonly scratch: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly strict: boolean;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Clones a buildpack: its newest commit alone where the server can do that, else all of it. git never asks anybody for
 * anything. Nothing is printed.
 * @throws BuilderFailure with Diego's text and, unless strict, what git said last
 */
export async function cloneBuildpack(cloning: Cloning): Promise<void> {
  const git = await gitFor(cloning);
  const { url, revision, destination } = cloning;
  const chosen = revision === '' ? [] : ['-b', revision];
  const attempts = [
    ['clone', '--depth', '1', '--recursive', url, destination, ...chosen],
    ['clone', '--recursive', url, destination, ...chosen],
  ];
  for (const args of attempts) {
    if (await git.run(args)) return;
    if (git.isRefused()) break;
    await removeTree(destination);
  }
  if (!cloning.strict && !git.isRefused() && isCommit(revision) && (await checkedOut(git, cloning))) return;
  await removeTree(destination);
  throw failureOf(cloning, git);
}

async function checkedOut(git: Git, { url, revision, destination }: Cloning): Promise<boolean> {
  return (
    (await git.run(['clone', url, destination])) &&
    (await git.run(['-C', destination, 'checkout', '--quiet', '--detach', revision])) &&
    (await git.run(['-C', destination, 'submodule', 'update', '--init', '--recursive']))
  );
}

function isCommit(revision: string): boolean {
  return /^[0-9a-f]{7,64}$/i.test(revision);
}

interface Git {
  run(args: readonly string[]): Promise<boolean>;
  /** What it said last. */
  words(): string;
  isRefused(): boolean;
}

async function gitFor({ scratch, cwd, env, strict, signal }: Cloning): Promise<Git> {
  const environment = strict ? { ...env, ...silence } : await environmentOf(env, scratch);
  let said = '';
  const keep = (text: string) => {
    said = `${said}${text}`.slice(-4_000);
  };
  return {
    async run(args) {
      said = '';
      try {
        await runScript({ program: 'git', args, cwd, env: environment, out: keep, err: keep, signal });
        return true;
      } catch (error) {
        if (!(error instanceof ScriptFailure)) throw error;
        if (error.cause !== undefined) throw noGit(error);
        return false;
      }
    },
    words: () => said,
    isRefused: () => asksForPassword.test(said),
  };
}

/** Questions would wait for ever: there is nobody to answer. */
const silence = { GIT_TERMINAL_PROMPT: '0', GIT_ASKPASS: '', SSH_ASKPASS: '' };
const asksForPassword =
  /terminal prompts disabled|could not read (?:Username|Password)|Authentication failed|Permission denied \(|Host key verification failed|error: 40[13]/i;

async function environmentOf(
  env: Readonly<Record<string, string>>,
  scratch: string,
): Promise<Readonly<Record<string, string>>> {
  const own = join(scratch, 'gitconfig');
  const users = env['GIT_CONFIG_GLOBAL'] ?? join(env['HOME'] ?? homedir(), '.gitconfig');
  // A repository on this machine that belongs to another user is refused otherwise.
  await writeFile(own, `[include]\n\tpath = ${JSON.stringify(users)}\n[safe]\n\tdirectory = *\n[core]\n\taskPass =\n`);
  const { GIT_DIR: _, GIT_WORK_TREE: __, GIT_INDEX_FILE: ___, ...rest } = env;
  return {
    ...rest,
    ...silence,
    GIT_CONFIG_GLOBAL: own,
    GIT_SSH_COMMAND: env['GIT_SSH_COMMAND'] ?? 'ssh -o BatchMode=yes -o ConnectTimeout=20',
    // A server that goes silent does not hold the build.
    GIT_HTTP_LOW_SPEED_LIMIT: '1',
    GIT_HTTP_LOW_SPEED_TIME: '60',
  };
}

function failureOf({ url, strict }: Cloning, git: Git): BuilderFailure {
  if (strict) return new BuilderFailure('other', `Failed to clone git repository at ${url}`);
  const what = `Failed to clone git repository at ${withoutPassword(url)}`;
  if (git.isRefused()) {
    return new BuilderFailure('other', what, {
      remedy:
        'The server wants a password or a key, and nobody can be asked here: give the address as https://USER:TOKEN@…, or set up a credential helper or an ssh key for git.',
    });
  }
  const said = git.words().trim().split('\n').at(-1) ?? '';
  const why = said === '' ? '' : `git says: ${withoutPassword(said)} `;
  return new BuilderFailure('other', what, { remedy: `${why}Check the address and what stands behind its #.` });
}

function withoutPassword(text: string): string {
  return text.replace(/(:\/\/[^\s/:@]*):[^\s/@]*@/g, '$1:***@');
}

function noGit(cause: Error): BuilderFailure {
  return new BuilderFailure('other', 'exec: "git": executable file not found in $PATH', {
    cause,
    remedy: 'Install git, or name the buildpack by the address of a zip.',
  });
}
