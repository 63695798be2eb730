import { jsonIn } from '#ground/json-in.ts';
import type { AppFiles } from './app-files.ts';

/**
 * Why an app has to be built before it can run, in words that continue "The app "; `undefined` when its files run as they
 * are. Framework plugins take files as they are: whatever has to be fetched, compiled or read in a Procfile is for
 * buildpacks.
 */
export function whyToBuild(files: AppFiles): string | undefined {
  return reasons.map((reason) => reason(files)).find((why) => why !== undefined);
}

type Reason = (files: AppFiles) => string | undefined;

const reasons: readonly Reason[] = [
  ownWords('Procfile'),
  ownWords('Staticfile'),
  (files) =>
    hasEntries(files, 'package.json', 'dependencies') && !files.has('node_modules')
      ? 'has dependencies in package.json, and no node_modules'
      : undefined,
  (files) =>
    ['requirements.txt', 'Pipfile', 'pyproject.toml']
      .map((name) => named(files, name, 'asks for packages in'))
      .find(Boolean),
  (files) => (files.has('vendor/bundle') ? undefined : named(files, 'Gemfile', 'asks for gems in')),
  (files) =>
    hasEntries(files, 'composer.json', 'require') && !files.has('vendor/autoload.php')
      ? 'has requirements in composer.json, and no vendor/autoload.php'
      : undefined,
  ...['go.mod', 'pom.xml', 'build.gradle', 'build.gradle.kts'].map((name): Reason => {
    return (files) => named(files, name, 'is to be built by');
  }),
];

/** Files in which somebody says how the app is to run. */
function ownWords(name: string): Reason {
  return (files) => named(files, name, 'says how it runs in');
}

function named(files: AppFiles, name: string, what: string): string | undefined {
  return hasContent(files, name) ? `${what} its ${name}` : undefined;
}

/** Comments are nothing to fetch. */
function hasContent(files: AppFiles, name: string): boolean {
  const text = files.text(name)?.replaceAll(/^\s*#.*$/gm, '');
  return text !== undefined && (text.trim() !== '' || name === 'Staticfile');
}

function hasEntries(files: AppFiles, name: string, key: string): boolean {
  const value: unknown = jsonIn(files.text(name) ?? '');
  if (typeof value !== 'object' || value === null) return false;
  const entries: unknown = (value as Record<string, unknown>)[key];
  const names = typeof entries === 'object' && entries !== null ? Object.keys(entries) : [];
  return names.some((each) => each !== 'php' && !each.startsWith('ext-'));
}
