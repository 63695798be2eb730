import { readFileSync, statSync } from 'node:fs';
import { messageOf, systemCodeOf } from '#ground/errors.ts';
import { parseYaml } from '#ground/yaml.ts';

/** What buildpacks write about an app is short; more than this is a mistake, or meant to do harm. */
export const maxYamlBytes = 1024 * 1024;
/** Brackets in brackets, which a reader needs its stack for. */
const maxDepth = 200;

/** A text is no YAML, or not what it should be; the message is in the words of Go's reader. */
export class YamlMistake extends Error {
  override readonly name = 'YamlMistake';
}

/** The file's text, or `undefined` when there is no such file. @throws YamlMistake when it is far too long */
export function textIfThere(path: string): string | undefined {
  try {
    const { size } = statSync(path);
    if (size > maxYamlBytes) throw new YamlMistake(`yaml: ${size} bytes are too many, ${maxYamlBytes} are allowed`);
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT' || systemCodeOf(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}

/**
 * The value of a YAML text.
 * @param plain leaves every scalar the text it is written as, as Go does when it wants a text
 * @throws YamlMistake
 */
export function readYaml(text: string, { plain }: { plain: boolean }): unknown {
  if (Buffer.byteLength(text) > maxYamlBytes || depthOf(text) > maxDepth) {
    throw new YamlMistake('yaml: document contains excessive nesting or is too long');
  }
  try {
    return parseYaml(text, { plain });
  } catch (error) {
    throw new YamlMistake(`yaml: ${wordsOf(error)}`, { cause: error });
  }
}

/** A mapping of texts to texts. Nothing at all is an empty one. @throws YamlMistake */
export function textsIn(value: unknown): [name: string, text: string][] {
  if (value === undefined || value === null || value === '') return [];
  return fieldsIn(value, 'map[string]string').map(([name, text]) => [name, textOf(text)]);
}

/** The members of a mapping. @param type what Go calls it @throws YamlMistake */
export function fieldsIn(value: unknown, type: string): [name: string, value: unknown][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw misfit(value, type);
  return Object.entries(value);
}

/** A scalar as it is written; `~` and `null` are empty. @throws YamlMistake */
export function textOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'object') throw misfit(value, 'string');
  const text = String(value);
  return /^(?:~|null|Null|NULL)$/.test(text) ? '' : text;
}

/** The members of a list; nothing at all is an empty one. @throws YamlMistake */
export function itemsIn(value: unknown, type: string): readonly unknown[] {
  if (value === undefined || value === null || value === '') return [];
  if (!Array.isArray(value)) throw misfit(value, type);
  return value;
}

export function misfit(value: unknown, type: string): YamlMistake {
  const tag = Array.isArray(value)
    ? '!!seq'
    : typeof value === 'object'
      ? '!!map'
      : `!!str \`${String(value).slice(0, 7)}\``;
  return new YamlMistake(`yaml: unmarshal errors:\n  cannot unmarshal ${tag} into ${type}`);
}

/** How deep brackets are nested at most; those in texts count, too, and are never that many. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (const character of text) {
    if (character === '[' || character === '{') depth += 1;
    else if ((character === ']' || character === '}') && depth > 0) depth -= 1;
    if (depth > deepest) deepest = depth;
  }
  return deepest;
}

/** Go's words for the mistakes that are made most. */
const knownMistakes: readonly [ours: RegExp, theirs: string][] = [
  [/end with a \]/, "did not find expected ',' or ']'"],
  [/end with a \}/, "did not find expected ',' or '}'"],
  [
    /Nested mappings are not allowed in compact mappings|Implicit keys need to be on a single line/,
    'mapping values are not allowed in this context',
  ],
  [/Missing closing .quote/, 'found unexpected end of stream'],
  [/cannot start with reserved character|Tabs are not allowed/, 'found character that cannot start any token'],
  [/Unresolved alias/, 'unknown anchor referenced'],
  [/Excessive alias count/, 'document contains excessive aliasing'],
];

function wordsOf(error: unknown): string {
  const words = messageOf(error);
  const known = knownMistakes.find(([ours]) => ours.test(words));
  const line = Number(/at line (\d+)/.exec(words)?.[1] ?? 0);
  if (known === undefined) return words;
  // Go counts from 0 where it expected something, which is also why it does not say 0.
  return line > 1 ? `line ${line - 1}: ${known[1]}` : known[1];
}
