/**
 * What editors, systems and tools leave in a folder for themselves, as lines of a `.cfignore` that stand before those
 * of the app: it can take them in again with `!`.
 */
export const leftAlone = [
  // vim, emacs, kate
  '.*.sw[a-z]',
  '.*.un~',
  '4913',
  '*~',
  '.#*',
  '#*#',
  '\\#*#',
  '.*.kate-swp',
  // JetBrains, Visual Studio Code, gedit, LibreOffice
  '*___jb_tmp___',
  '*___jb_old___',
  '.idea/',
  '.vscode/',
  '.vs/',
  '*.code-workspace',
  '.goutputstream-*',
  '.~lock.*#',
  // systems and network shares
  'Thumbs.db',
  'desktop.ini',
  '.Trash-*',
  '.fuse_hidden*',
  '.nfs[0-9a-f]*',
  // what tools can make again at any time
  'node_modules/.cache/',
  'node_modules/.vite/',
  '__pycache__/',
  '*.py[co]',
  '.pytest_cache/',
  '.mypy_cache/',
  '.ruff_cache/',
  '.sass-cache/',
  '.parcel-cache/',
  '.nyc_output/',
  'npm-debug.log*',
].join('\n');

const dependencies = /(?:^|\/)(?:node_modules|bower_components|vendor|\.venv|venv|\.bundle|site-packages)(?:\/|$)(.*)/s;

/** Whether a path belongs to what package managers write: many files at once, seldom a person. */
export function isDependency(path: string): boolean {
  return dependencies.test(path);
}

/** `node_modules/@scope/name` and all above it. */
const watchedLevels = 2;

/**
 * Whether changes in a directory are to be reported at once. The depths of dependencies would need a watch each, by the
 * thousand, for files that hardly ever change alone: a package that is replaced shows at the top.
 */
export function isWorthWatching(directory: string): boolean {
  const [, below = ''] = dependencies.exec(directory) ?? [];
  return below.split('/').length <= watchedLevels;
}
