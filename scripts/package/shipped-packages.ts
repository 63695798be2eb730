import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The terms under which something may be shipped in a binary. */
const allowed = ['MIT', 'ISC', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'BlueOak-1.0.0', '0BSD', 'Unlicense'];

export interface ShippedPackage {
  readonly name: string;
  readonly version: string;
  /** Its SPDX identifier. */
  readonly license: string;
  /** The licence's text. */
  readonly text: string;
}

interface LockedPackage {
  readonly dev?: boolean;
  readonly devOptional?: boolean;
}

/** The packages which are part of the program. @throws Error when one may not be shipped */
export async function shippedPackages(project: string): Promise<ShippedPackage[]> {
  const lock = JSON.parse(await readFile(join(project, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, LockedPackage>;
  };
  const places = Object.entries(lock.packages).filter(
    ([place, { dev, devOptional }]) => place !== '' && !dev && !devOptional,
  );
  return Promise.all(places.map(([place]) => describePackage(join(project, place))));
}

async function describePackage(directory: string): Promise<ShippedPackage> {
  const manifest = JSON.parse(await readFile(join(directory, 'package.json'), 'utf8')) as Record<string, unknown>;
  const file = (await readdir(directory)).find((name) => /^licen[cs]e/i.test(name));
  const license = licenseOf(manifest);
  const name = String(manifest['name']);
  if (!allowed.includes(license)) throw new Error(`${name} is under '${license}', which may not be shipped.`);
  const text = file === undefined ? '' : await readFile(join(directory, file), 'utf8');
  return { name, version: String(manifest['version']), license, text: text.trim() };
}

/** Old packages list their licences: `[{ "type": "MIT", … }]`. */
function licenseOf(manifest: Record<string, unknown>): string {
  if (typeof manifest['license'] === 'string') return manifest['license'];
  const [first] = (manifest['licenses'] ?? []) as { type?: string }[];
  return first?.type ?? 'unknown';
}
