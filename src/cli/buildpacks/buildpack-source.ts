import { statSync } from 'node:fs';
import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { ActionableError } from '#ground/errors.ts';
import { isAddress } from '#workload/lifecycle/builder/index.ts';

/** Where a buildpack is to be had. */
export type BuildpackSource = LocalSource | AddressedSource;

type LocalSource = { readonly kind: 'folder' | 'zip'; readonly path: string };

export type AddressedSource =
  | { readonly kind: 'zip-address'; readonly url: string }
  /** `revision` is a branch, a tag or a commit; empty for what the repository begins with. */
  | { readonly kind: 'git'; readonly url: string; readonly revision: string };

/** @param given a folder, a zip, or an address @throws ActionableError NOT_FOUND, BAD_INPUT */
export function buildpackSourceOf(given: string, workingDirectory: string): BuildpackSource {
  if (isAddress(given)) return addressed(given);
  const path = resolve(workingDirectory, given.replace(/^~(?=\/|$)/, homedir()));
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) {
    throw new ActionableError(
      'NOT_FOUND',
      `There is no folder or zip at ${path}.`,
      'Give the path of one, or the address of a git repository: https://…, ssh://…, git@host:path, file:///….',
    );
  }
  return { kind: stats.isDirectory() ? 'folder' : 'zip', path };
}

function addressed(given: string): BuildpackSource {
  const [url = '', ...behind] = given.split('#');
  if (
    /^[a-z]:[\\/]/i.test(given) ||
    (/^[a-z][a-z0-9+.-]*:/i.test(url) && !/^(?:https?|git|ssh|file):\/\/./i.test(url))
  ) {
    throw new ActionableError(
      'BAD_INPUT',
      `'${given}' is no address of a buildpack.`,
      'Addresses begin with https://, http://, git://, ssh://, file:// or git@host:.',
    );
  }
  if (URL.canParse(url) && new URL(url).pathname.endsWith('.zip')) return { kind: 'zip-address', url };
  return { kind: 'git', url, revision: decoded(behind.join('#')) };
}

function decoded(fragment: string): string {
  try {
    return decodeURIComponent(fragment);
  } catch {
    return fragment; // a lone % is one then
  }
}

/** The source as text that finds it again from any folder. Of an address's name and password only the name is left. */
export function sourceText(source: BuildpackSource): string {
  if ('path' in source) return source.path;
  const url = withoutPassword(source.url);
  return source.kind === 'git' && source.revision !== '' ? `${url}#${source.revision}` : url;
}

export function withoutPassword(url: string): string {
  return url.replace(/^([a-z+.-]+:\/\/[^/:@]*):[^/@]*@/i, '$1@');
}
