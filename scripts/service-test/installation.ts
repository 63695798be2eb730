import { chmod, cp, mkdir, readdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { AsyncDisposableStack } from '#ground/async-disposable-stack.ts';

/** localpaas as it is installed on a machine of our own. */
export interface Installation {
  /** Path there → path here. */
  readonly programs: Readonly<Record<string, string>>;
  /** What starts localpaas there. */
  readonly command: readonly string[];
  /** The executable as it was fetched, which is to be installed as the command first. */
  readonly download?: string;
  /** An app to push, there. */
  readonly app: string;
}

const project = resolve(import.meta.dirname, '..', '..');

/** Everything in this name means something to systemd or to a shell. */
const oddName = `/opt/local paas; 50% of "$HOME" isn't $5`;

/** A Node that everybody on the machine can run. */
export const nodeThere = '/usr/local/lib/node for 100% $5/node';

const appThere = '/srv/witness';
const downloadThere = '/srv/download/localpaas';

/**
 * What `LOCALPAAS` names, an executable, or else a copy of the checkout with what was built last: somebody may build
 * again meanwhile.
 */
export async function installation(scope: AsyncDisposableStack, scratch: string): Promise<Installation> {
  const named = process.env['LOCALPAAS'];
  const common = { [appThere]: join(import.meta.dirname, 'witness-app'), [nodeThere]: process.execPath };
  if (named !== undefined && named !== '') {
    const program = `${oddName}/localpaas`;
    const programs = { ...common, [downloadThere]: resolve(named) };
    return { programs, command: [program], download: downloadThere, app: appThere };
  }
  const copy = join(scratch, 'installation');
  scope.defer(() => rm(copy, { recursive: true, force: true }));
  await mkdir(join(copy, 'dist'), { recursive: true });
  for (const name of await readdir(join(project, 'dist'))) {
    if (/\.(cjs|cache)$/.test(name)) await copyOf(join('dist', name), copy);
  }
  for (const name of ['package.json', 'buildpacks', 'stacks', 'sample-apps', join('.cache', 'nats-server')]) {
    await copyOf(name, copy);
  }
  await chmod(join(copy, '.cache', 'nats-server'), 0o755);
  for (const record of ['kept.json', 'seen.json']) await chmod(join(copy, '.cache', 'nats-server', record), 0o644);
  return {
    programs: { ...common, [oddName]: copy },
    command: [nodeThere, `${oddName}/dist/localpaas.cjs`],
    app: appThere,
  };
}

async function copyOf(name: string, to: string): Promise<void> {
  await cp(join(project, name), join(to, name), { recursive: true, preserveTimestamps: true });
}
