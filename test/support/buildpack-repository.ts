import { execFileSync } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { dirname, join } from 'node:path';
import { listen } from '#ground/ports.ts';
import { scratchDirectory } from './scratch.ts';
import type { Scope } from './spec.ts';

/** A git repository with a buildpack, and a bare copy of it to clone. */
export interface BuildpackRepository {
  readonly bare: string;
  /** Of the bare copy. */
  readonly fileUrl: string;
  /** Commits these files, beside those that are there. @returns the commit */
  commit(files: Readonly<Record<string, string>>, tag?: string): Promise<string>;
}

const identity = ['-c', 'user.name=toy', '-c', 'user.email=toy@example.com', '-c', 'init.defaultBranch=main'];

/** Runs git as nobody in particular. @returns what it printed */
function git(directory: string, ...args: readonly string[]): string {
  const env = { PATH: process.env['PATH'], GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' };
  const stdio: ['ignore', 'pipe', 'pipe'] = ['ignore', 'pipe', 'pipe'];
  return execFileSync('git', [...identity, ...args], { cwd: directory, env, encoding: 'utf8', stdio }).trim();
}

/** Writes files; what lies in a folder `bin` can be executed. */
export async function writeFiles(directory: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    const file = join(directory, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
    if (path.startsWith('bin/')) await chmod(file, 0o755);
  }
}

/** A buildpack of the older kind: every file of an app is served, and `/built.txt` says `word`. */
export function toyBuildpack(word: string): Record<`bin/${'detect' | 'compile' | 'release'}`, string> {
  return {
    'bin/detect': '#!/bin/sh\n[ -f "$1/toy.txt" ] || exit 1\necho "Toy"\n',
    'bin/compile': `#!/usr/bin/env bash\necho "-----> Made by ${word}"\necho '${word}' > "$1/built.txt"\n`,
    'bin/release':
      "#!/bin/sh\nprintf -- '---\\ndefault_process_types:\\n  web: python3 -m http.server --bind 127.0.0.1 $PORT\\n'\n",
  };
}

export async function buildpackRepository(
  scope: Scope,
  files: Readonly<Record<string, string>>,
  tag?: string,
): Promise<BuildpackRepository> {
  const directory = await scratchDirectory(scope);
  const work = join(directory, 'work');
  const bare = join(directory, 'toy.git');
  await mkdir(work);
  git(work, 'init', '--quiet');
  git(directory, 'init', '--quiet', '--bare', bare);
  const commit = async (changed: Readonly<Record<string, string>>, name?: string) => {
    await writeFiles(work, changed);
    git(work, 'add', '--all');
    git(work, 'commit', '--quiet', '--message', 'change');
    if (name !== undefined) git(work, 'tag', name);
    git(work, 'push', '--quiet', '--tags', bare, 'main');
    git(bare, 'update-server-info');
    return git(work, 'rev-parse', 'HEAD');
  };
  await commit(files, tag);
  return { bare, fileUrl: `file://${bare}`, commit };
}

/**
 * Serves a directory over plain HTTP, from which git can clone what `update-server-info` was run on; everything below
 * `/private` asks for a password.
 */
export async function serveFolder(scope: Scope, directory: string): Promise<string> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://any');
    if (pathname.startsWith('/private')) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="toy"' }).end();
      return;
    }
    const file = createReadStream(join(directory, pathname));
    file.once('error', () => response.writeHead(404).end());
    file.once('open', () => file.pipe(response));
  });
  const port = await listen(server, { host: '127.0.0.1', port: 0, who: 'The repository' });
  scope.defer(async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  });
  return `http://127.0.0.1:${port}`;
}
