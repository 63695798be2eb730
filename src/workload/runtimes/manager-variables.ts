/** Where managers of versions say that they keep their things. */
const names = [
  'NVM_DIR',
  'FNM_DIR',
  'VOLTA_HOME',
  'ASDF_DATA_DIR',
  'MISE_DATA_DIR',
  'MISE_CONFIG_DIR',
  'PYENV_ROOT',
  'RBENV_ROOT',
  'SDKMAN_DIR',
  'HOMEBREW_PREFIX',
  'XDG_DATA_HOME',
  'XDG_CONFIG_HOME',
] as const;

export type ManagerVariables = Readonly<Partial<Record<(typeof names)[number], string>>>;

/** Those of an environment that matter here. */
export function managerVariablesOf(env: Readonly<Record<string, string | undefined>>): ManagerVariables {
  const set = names.map((name) => [name, env[name]]).filter(([, value]) => value !== undefined && value !== '');
  return Object.fromEntries(set);
}
