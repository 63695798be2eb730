import type { Attribute, Attributes } from './attributes.ts';
import { mistake, type TreeMap, type YamlTree } from './tree.ts';

/** What a mapping says of the attributes it may have, by their proper names. */
export interface MembersRead {
  readonly values: Readonly<Record<string, unknown>>;
  /** What the user should know, as sentences with places. */
  readonly remarks: readonly string[];
}

/**
 * Reads a mapping by its table. Names may be written with `_` for `-`; a name that is not in the table is left out and said.
 * @throws ActionableError BAD_INPUT
 */
export function readMembers(members: TreeMap, table: Attributes): MembersRead {
  const values: Record<string, unknown> = {};
  const spelled = new Map<string, string>();
  const remarks: string[] = [];
  for (const [key, tree] of members) {
    const name = properNameOf(key, table);
    const attribute = name === undefined ? undefined : table[name];
    if (name === undefined || attribute === undefined) {
      remarks.push(unknown(key, tree));
      continue;
    }
    const before = spelled.get(name);
    if (before !== undefined) {
      throw mistake(tree.keyAt ?? tree.at, `'${before}' and '${key}' are the same`, 'Keep one of the two.');
    }
    spelled.set(name, key);
    values[name] = valueOfMember(tree, key, attribute);
  }
  return { values, remarks };
}

function valueOfMember(tree: YamlTree, key: string, { read, mayBeNull }: Attribute): unknown {
  if (tree.value !== null || mayBeNull === true) return read(tree, key);
  throw mistake(tree.keyAt ?? tree.at, `${key} has no value`, 'Give it one, or remove the line.');
}

function unknown(
  key: string,
  { keyAt, at }: { keyAt?: { file: string; line: number }; at: { file: string; line: number } },
) {
  const { file, line } = keyAt ?? at;
  return `${file}:${line}: '${key}' is unknown and was left out.`;
}

function properNameOf(key: string, table: Attributes): string | undefined {
  return [key, key.replaceAll('_', '-')].find((name) => Object.hasOwn(table, name));
}
