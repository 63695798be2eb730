import { lstatSync, readdirSync } from 'node:fs';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { StagingProperties } from '#contract/staging.ts';
import { type FrameworkStaging, type StagedApp, stageFramework } from '#workload/lifecycle/index.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import type { Scope } from '../../support/spec.ts';

/** Path → content. A path that ends in `/` is a directory. */
export type AppSource = Readonly<Record<string, string>>;

export async function writeApp(directory: string, source: AppSource): Promise<void> {
  await mkdir(directory, { recursive: true });
  for (const [path, content] of Object.entries(source)) {
    const file = join(directory, path);
    await mkdir(path.endsWith('/') ? file : dirname(file), { recursive: true });
    if (path.endsWith('/')) continue;
    await writeFile(file, content);
    await chmod(file, 0o644);
  }
}

export function propertiesOf(properties: Partial<StagingProperties> = {}): StagingProperties {
  return {
    services: [],
    framework_info: {},
    runtime_info: {},
    resources: { memory: 256, disk: 256, fds: 1024 },
    ...properties,
  };
}

export interface Staged extends StagedApp {
  readonly droplet: string;
  readonly lines: readonly string[];
}

/** Stages an app made of these files, into a droplet of its own. */
export async function stage(
  scope: Scope,
  source: AppSource,
  options: Partial<Omit<FrameworkStaging, 'properties'>> & { properties?: Partial<StagingProperties> } = {},
): Promise<Staged> {
  const directory = await scratchDirectory(scope);
  const [sourceDir, droplet] = [join(directory, 'source'), join(directory, 'droplet')];
  await writeApp(sourceDir, source);
  const lines: string[] = [];
  const staged = await stageFramework({
    framework: 'auto',
    sourceDir,
    destDir: droplet,
    log: (line) => lines.push(line),
    ...options,
    properties: propertiesOf(options.properties),
  });
  return { ...staged, droplet, lines };
}

/** `drwxr-xr-x d ./app`: what `find` prints of a droplet, sorted. */
export function layoutOf(directory: string, path = '.'): string[] {
  const stats = lstatSync(join(directory, path));
  const kind = stats.isDirectory() ? 'd' : stats.isFile() ? 'f' : 'l';
  const line = `${kind === 'f' ? '-' : kind}${permissionsOf(stats.mode)} ${kind} ${path}`;
  if (kind !== 'd') return [line];
  const below = readdirSync(join(directory, path)).sort();
  return [line, ...below.flatMap((name) => layoutOf(directory, `${path}/${name}`))];
}

function permissionsOf(mode: number): string {
  return [...'rwxrwxrwx'].map((letter, index) => (mode & (0o400 >> index) ? letter : '-')).join('');
}
