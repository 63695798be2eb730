/**
 * Files at the top of an app by which staging decides how it is made and started, in any language: when one of them
 * changes, the app has to be staged anew.
 */
const decisive = [
  // what runs, and how
  /^(Procfile|Staticfile|Rakefile|config\.ru|manage\.py|wsgi\.py|buildpack\.toml|project\.toml|apt\.txt|\.buildpacks)$/,
  /^(manifest\.ya?ml|stackato\.yml|\.cfignore|\.profile|nginx\.conf)$/,
  // what is installed
  /^(package\.json|package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|pnpm-workspace\.yaml|bun\.lockb?)$/,
  /^(\.npmrc|\.yarnrc(\.yml)?|\.pnp\.c?js)$/,
  /^(requirements.*\.txt|Pipfile(\.lock)?|pyproject\.toml|setup\.(py|cfg)|poetry\.lock|uv\.lock|environment\.yml)$/,
  /^(Gemfile(\.lock)?|gems\.rb|gems\.locked|.*\.gemspec)$/,
  /^(composer\.(json|lock)|go\.(mod|sum|work)|pom\.xml|.*\.gradle(\.kts)?|gradle\.properties|mix\.(exs|lock))$/,
  // by which version of it
  /^(\.nvmrc|\.node-version|\.ruby-version|\.ruby-gemset|\.python-version|\.tool-versions|\.java-version|runtime\.txt|system\.properties)$/,
];

/** Whole folders whose content staging runs. */
const decisiveFolders = /^(\.profile\.d|bin|vendor|node_modules|\.bundle|\.pip)\//;

/** In a layer such a name means that something is gone. */
const whiteout = /(^|\/)\.wh\./;

/** What a change means for staging. */
export interface LayerChange {
  readonly path: string;
  /** Whether the path is there now, and was there before. */
  readonly isThere: boolean;
  readonly wasThere: boolean;
}

/**
 * Whether staging could not tell the difference: then a change can be laid over what was staged before. At the top of an
 * app already the names of files count, for by them a framework is recognised.
 */
export function mayLayer({ path, isThere, wasThere }: LayerChange): boolean {
  if (decisiveFolders.test(path) || whiteout.test(path)) return false;
  if (path.includes('/')) return true;
  return isThere && wasThere && !decisive.some((pattern) => pattern.test(path));
}
