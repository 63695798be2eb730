import { basename } from 'node:path';

/**
 * The modules of commands that run components, above all `up`; all other commands ask a running platform for something.
 * @param imports which file imports which
 */
export function platformModulesIn(imports) {
  const modules = commandModulesIn(imports);
  return modules.filter((module) => [...neededBy([module], imports)].some(isComponent));
}

/** The modules of commands that nobody needs who runs components. */
export function otherModulesIn(imports) {
  const needed = neededBy(platformModulesIn(imports), imports);
  return commandModulesIn(imports).filter((module) => !needed.has(module));
}

/** A module is named like its command. */
export function commandOf(module) {
  return basename(module, '.ts');
}

function commandModulesIn(imports) {
  return Object.keys(imports).filter((file) => file.startsWith('src/cli/commands/'));
}

/** These files, and all that they import. */
function neededBy(files, imports) {
  const needed = new Set(files);
  for (const file of needed) for (const imported of imports[file] ?? []) needed.add(imported);
  return needed;
}

function isComponent(file) {
  return file.startsWith('src/components/');
}
