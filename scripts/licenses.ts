import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Writes THIRD_PARTY_LICENSES: what is shipped inside the program, and under which terms. With `--check` it only says
 * whether the file is what it should be. Everything in it must allow redistribution in a binary.
 */
const allowed = ['MIT', 'ISC', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'BlueOak-1.0.0', '0BSD', 'Unlicense'];
const project = join(import.meta.dirname, '..');
const target = join(project, 'THIRD_PARTY_LICENSES');

interface Shipped {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly text: string;
}

interface LockedPackage {
  readonly version?: string;
  readonly dev?: boolean;
  readonly devOptional?: boolean;
}

async function shippedPackages(): Promise<Shipped[]> {
  const lock = JSON.parse(await readFile(join(project, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, LockedPackage>;
  };
  const places = Object.entries(lock.packages).filter(
    ([place, { dev, devOptional }]) => place !== '' && !dev && !devOptional,
  );
  return Promise.all(places.map(([place]) => describePackage(join(project, place))));
}

async function describePackage(directory: string): Promise<Shipped> {
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

function render(packages: readonly Shipped[]): string {
  const sections = [...packages]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, version, license, text }) => `${name} ${version} · ${license}\n\n${text}`);
  const intro = 'localpaas ships with the following packages, each under the terms that follow its name.';
  return `${[intro, ...sections].join(`\n\n${'-'.repeat(100)}\n\n`)}\n`;
}

const text = render(await shippedPackages());
if (!process.argv.includes('--check')) {
  await writeFile(target, text);
} else if ((await readFile(target, 'utf8').catch(() => '')) !== text) {
  console.error('THIRD_PARTY_LICENSES is out of date: run `npm run licenses` and commit it.');
  process.exitCode = 1;
}
