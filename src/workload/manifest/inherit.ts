import { dirname, resolve } from 'node:path';
import { yamlTree } from '#ground/yaml-tree.ts';
import { deepMerged, membersOf, mistake, noMembers, textOf, type YamlTree } from './tree.ts';

/** The text of a file, `undefined` when there is none. */
export type ReadText = (file: string) => string | undefined;

/**
 * A manifest on top of those it inherits from, each on top of its own. Apps of the same name are put together.
 * @throws ActionableError BAD_INPUT
 */
export function layered(file: string, text: string, read: ReadText): YamlTree {
  return layer(file, text, { read, open: [file] });
}

function layer(file: string, text: string, { read, open }: { read: ReadText; open: readonly string[] }): YamlTree {
  const tree = yamlTree(text, file);
  const inherit = tree.value instanceof Map ? tree.value.get('inherit') : undefined;
  if (inherit === undefined) return tree;
  const parents = Array.isArray(inherit.value) ? inherit.value : [inherit];
  const own = new Map(membersOf(tree, 'A manifest'));
  own.delete('inherit');
  const below = parents.map((parent: YamlTree) => {
    const path = pathOf(parent, file);
    if (open.includes(path)) {
      const way = [...open.slice(open.indexOf(path)), path].join(' → ');
      throw mistake(parent.at, `manifests inherit from each other: ${way}`, 'Remove one `inherit:` of these.');
    }
    const found = read(path);
    if (found !== undefined) return layer(path, found, { read, open: [...open, path] });
    throw mistake(parent.at, `there is no ${path} to inherit from`, 'The path counts from the file it stands in.');
  });
  return [...below, { ...tree, value: own }].reduce(onTop, { ...tree, value: noMembers });
}

function pathOf(parent: YamlTree, file: string): string {
  const text = textOf(parent);
  if (text !== undefined) return resolve(dirname(file), text);
  throw mistake(parent.at, '`inherit` must name a file', 'Write `inherit: base.yml`.');
}

function onTop(lower: YamlTree, upper: YamlTree): YamlTree {
  const merged = deepMerged(lower, upper);
  const [below, above] = [appsOf(lower), appsOf(upper)];
  if (below === undefined || above === undefined || !(merged.value instanceof Map)) return merged;
  const names = above.map(nameOf);
  const kept = below.filter((app) => !names.includes(nameOf(app)));
  const changed = above.map((app) => {
    const base = below.find((each) => nameOf(each) !== undefined && nameOf(each) === nameOf(app));
    return base === undefined ? app : deepMerged(base, app);
  });
  const applications: YamlTree = { at: upper.at, value: [...kept, ...changed] };
  return { ...merged, value: new Map([...merged.value, ['applications', applications]]) };
}

function appsOf({ value }: YamlTree): readonly YamlTree[] | undefined {
  const apps = value instanceof Map ? value.get('applications')?.value : undefined;
  return Array.isArray(apps) ? apps : undefined;
}

function nameOf({ value }: YamlTree): string | undefined {
  const name = value instanceof Map ? (value.get('name') as YamlTree | undefined) : undefined;
  return name === undefined ? undefined : textOf(name);
}
