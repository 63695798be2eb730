import { mistake, type TreeMap, type YamlTree } from '#ground/yaml-tree.ts';

/** What is asked of trees of YAML here. */

export type { TreeMap, YamlTree } from '#ground/yaml-tree.ts';
export { mistake } from '#ground/yaml-tree.ts';

export const noMembers: TreeMap = new Map();

/** The value without places, as JSON has it. */
export function plain({ value }: YamlTree): unknown {
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, member]) => [key, plain(member)]));
  if (Array.isArray(value)) return value.map(plain);
  return value;
}

/** How a scalar is written, `undefined` for anything else and for null. */
export function textOf({ value, written }: YamlTree): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? (written ?? String(value)) : undefined;
}

/** @throws ActionableError BAD_INPUT when it is no mapping */
export function membersOf(tree: YamlTree, what: string): TreeMap {
  if (tree.value instanceof Map) return tree.value;
  throw mistake(tree.at, `${what} must be written as \`key: value\`, one on a line`, 'Indent the lines below it.');
}

/** @throws ActionableError BAD_INPUT when it is no list */
export function elementsOf(tree: YamlTree, what: string): readonly YamlTree[] {
  if (Array.isArray(tree.value)) return tree.value;
  throw mistake(tree.at, `${what} must be a list`, 'Begin each of its lines with `- `.');
}

/** Mappings are put together at every depth; of everything else the upper one counts. */
export function deepMerged(lower: YamlTree, upper: YamlTree): YamlTree {
  if (!(lower.value instanceof Map) || !(upper.value instanceof Map)) return upper;
  const value = new Map<string, YamlTree>(lower.value);
  for (const [key, member] of upper.value as TreeMap) {
    const below = value.get(key);
    value.set(key, below === undefined ? member : deepMerged(below, member));
  }
  return { ...upper, value };
}

/** The same tree with every text, and every key, put through `change`. */
export function withTexts(tree: YamlTree, change: (text: string, tree: YamlTree) => YamlTree): YamlTree {
  const { value } = tree;
  if (typeof value === 'string') return change(value, tree);
  if (Array.isArray(value)) return { ...tree, value: value.map((each) => withTexts(each, change)) };
  if (!(value instanceof Map)) return tree;
  const members = [...(value as TreeMap)].map(([key, member]): [string, YamlTree] => {
    const changed = change(key, { value: key, at: member.keyAt ?? member.at });
    return [textOf(changed) ?? key, withTexts(member, change)];
  });
  return { ...tree, value: new Map(members) };
}
