import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Put in place of the name by the build; a program run from its sources reads package.json instead. */
declare const LOCALPAAS_VERSION: string | undefined;

export function programVersion(): string {
  if (typeof LOCALPAAS_VERSION === 'string') return LOCALPAAS_VERSION;
  const { version } = JSON.parse(readFileSync(join(installationDirectory(), 'package.json'), 'utf8'));
  return String(version);
}

/** The nearest directory above this code that holds a package.json: the checkout or the installed package. */
export function installationDirectory(): string {
  const start = dirname(fileURLToPath(import.meta.url));
  for (let directory = start; ; directory = dirname(directory)) {
    if (existsSync(join(directory, 'package.json'))) return directory;
    if (directory === dirname(directory))
      throw new Error(`No package.json lies above ${start}: the installation is damaged.`);
  }
}
