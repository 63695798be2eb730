import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ShippedPackage, shippedPackages } from './package/shipped-packages.ts';

/**
 * Writes THIRD_PARTY_LICENSES: what is shipped inside the program, and under which terms. With `--check` it only says
 * whether the file is what it should be. Everything in it must allow redistribution in a binary.
 */
const project = join(import.meta.dirname, '..');
const target = join(project, 'THIRD_PARTY_LICENSES');

function render(packages: readonly ShippedPackage[]): string {
  const sections = [...packages]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, version, license, text }) => `${name} ${version} · ${license}\n\n${text}`);
  const intro = 'localpaas ships with the following packages, each under the terms that follow its name.';
  return `${[intro, ...sections].join(`\n\n${'-'.repeat(100)}\n\n`)}\n`;
}

const text = render(await shippedPackages(project));
if (!process.argv.includes('--check')) {
  await writeFile(target, text);
} else if ((await readFile(target, 'utf8').catch(() => '')) !== text) {
  console.error('THIRD_PARTY_LICENSES is out of date: run `npm run licenses` and commit it.');
  process.exitCode = 1;
}
