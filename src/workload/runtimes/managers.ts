import { join } from 'node:path';
import type { ToolFamily } from '#contract/runtimes.ts';
import type { ManagerVariables } from './manager-variables.ts';

/** A program that keeps several versions of runtimes side by side. */
export interface Manager {
  readonly name: string;
  /** The directories it may have them in. */
  readonly homes: (variables: ManagerVariables, userHome: string) => readonly (string | undefined)[];
  /** Below a home, the directories with programs; the last star stands for the version. */
  readonly layout: Readonly<Partial<Record<ToolFamily, readonly string[]>>>;
}

/** Where programs of the user keep data, by the rules of freedesktop.org. */
const dataOf = ({ XDG_DATA_HOME }: ManagerVariables, userHome: string) =>
  XDG_DATA_HOME ?? join(userHome, '.local/share');

const installs: Manager['layout'] = {
  node: ['installs/nodejs/*/bin', 'installs/node/*/bin'],
  ruby: ['installs/ruby/*/bin'],
  python: ['installs/python/*/bin'],
  php: ['installs/php/*/bin'],
  java: ['installs/java/*/bin', 'installs/java/*/Contents/Home/bin'],
  go: ['installs/golang/*/go/bin', 'installs/go/*/bin', 'installs/go/*/go/bin'],
};

/** A formula of its own, or one for each line of versions: `node`, `node@20`. */
const cellar = (formula: string, bin: string) => [`Cellar/${formula}/*/${bin}`, `Cellar/${formula}@*/*/${bin}`];

/** In the order in which their versions are offered. */
export const managers: readonly Manager[] = [
  {
    name: 'nvm',
    homes: ({ NVM_DIR, XDG_CONFIG_HOME }, userHome) => [
      NVM_DIR ?? (XDG_CONFIG_HOME === undefined ? undefined : join(XDG_CONFIG_HOME, 'nvm')),
      join(userHome, '.nvm'),
    ],
    layout: { node: ['versions/node/*/bin'] },
  },
  {
    name: 'fnm',
    homes: (variables, userHome) => [
      variables.FNM_DIR,
      join(dataOf(variables, userHome), 'fnm'),
      join(userHome, '.fnm'),
      join(userHome, 'Library/Application Support/fnm'),
    ],
    layout: { node: ['node-versions/*/installation/bin'] },
  },
  {
    name: 'volta',
    homes: ({ VOLTA_HOME }, userHome) => [VOLTA_HOME, join(userHome, '.volta')],
    layout: { node: ['tools/image/node/*/bin'] },
  },
  {
    name: 'asdf',
    homes: ({ ASDF_DATA_DIR }, userHome) => [ASDF_DATA_DIR, join(userHome, '.asdf')],
    layout: installs,
  },
  {
    name: 'mise',
    homes: (variables, userHome) => [variables.MISE_DATA_DIR, join(dataOf(variables, userHome), 'mise')],
    layout: installs,
  },
  {
    name: 'pyenv',
    homes: ({ PYENV_ROOT }, userHome) => [PYENV_ROOT, join(userHome, '.pyenv')],
    layout: { python: ['versions/*/bin'] },
  },
  {
    name: 'rbenv',
    homes: ({ RBENV_ROOT }, userHome) => [RBENV_ROOT, join(userHome, '.rbenv')],
    layout: { ruby: ['versions/*/bin'] },
  },
  {
    name: 'sdkman',
    homes: ({ SDKMAN_DIR }, userHome) => [SDKMAN_DIR, join(userHome, '.sdkman')],
    layout: { java: ['candidates/java/*/bin'] },
  },
  {
    name: 'brew',
    homes: ({ HOMEBREW_PREFIX }) => [HOMEBREW_PREFIX, '/opt/homebrew', '/usr/local', '/home/linuxbrew/.linuxbrew'],
    layout: {
      node: cellar('node', 'bin'),
      ruby: cellar('ruby', 'bin'),
      python: cellar('python', 'libexec/bin'),
      php: cellar('php', 'bin'),
      java: cellar('openjdk', 'bin'),
      go: cellar('go', 'bin'),
    },
  },
];
