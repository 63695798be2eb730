import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Settings of package managers in a user's home, which a home of scripts' own hides: a company's registry, say. */
const settings = [
  ['NPM_CONFIG_USERCONFIG', ['.npmrc']],
  ['PIP_CONFIG_FILE', ['.config/pip/pip.conf', '.pip/pip.conf']],
  ['BUNDLE_USER_CONFIG', ['.bundle/config']],
  ['GIT_CONFIG_GLOBAL', ['.gitconfig', '.config/git/config']],
] as const;

/** Variables that name the settings in the home of whoever has this environment, and those that name others already. */
export function settingsOfUser(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const variables: Record<string, string> = {};
  const home = env['HOME'];
  if (home === undefined) return variables;
  for (const [name, files] of settings) {
    const file = env[name] ?? files.map((each) => join(home, each)).find((each) => existsSync(each));
    if (file !== undefined) variables[name] = file;
  }
  return variables;
}
