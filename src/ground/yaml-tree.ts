import {
  type Alias,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Pair,
  parseDocument,
  type YAMLError,
} from 'yaml';
import { ActionableError } from './errors.ts';
import { isNestedTooDeeply } from './yaml-nesting.ts';

/** Where something stands in a file; lines and columns count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export type TreeMap = ReadonlyMap<string, YamlTree>;

/** A value of a YAML text that knows where it stands. Aliases and `<<` merges are resolved; members may be shared. */
export interface YamlTree {
  readonly value: string | number | boolean | null | readonly YamlTree[] | TreeMap;
  /** An aliased value stands where the alias does. */
  readonly at: Place;
  /** Of the key, for a member of a mapping. */
  readonly keyAt?: Place;
  /** How a number or truth value is written: `1.10`, `08`, `True`. */
  readonly written?: string;
}

/** Far more than any file a person writes, far less than what hurts. */
const longestText = 1024 * 1024;
/** Values in all, with each alias counted as what it stands for: few letters may stand for billions. */
const mostValues = 100_000;

/**
 * The tree of a YAML 1.2 text of one document, `null` when it is empty.
 * @throws ActionableError BAD_INPUT with file, line and column
 */
export function yamlTree(text: string, file: string): YamlTree {
  const start = { file, line: 1, column: 1 };
  if (text.length > longestText) {
    throw mistake(start, 'is larger than 1 MB', 'Check that it is the right file.');
  }
  if (isNestedTooDeeply(text)) {
    throw mistake(start, 'is nested too deeply', 'Lists and mappings of a few levels are enough here.');
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { merge: true, prettyErrors: false, lineCounter: lines });
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const [problem] = [...document.errors, ...document.warnings];
  if (problem !== undefined) throw explain(problem, placeAt(problem.pos[0]), text);
  return new Reader(placeAt).read(document.contents) ?? { value: null, at: start };
}

/** An error about something in a file. */
export function mistake({ file, line, column }: Place, what: string, remedy: string): ActionableError {
  return new ActionableError('BAD_INPUT', `${file}:${line}:${column}: ${what}.`, remedy);
}

class Reader {
  readonly #placeAt: (offset: number) => Place;
  readonly #anchored = new Map<string, YamlTree>();
  readonly #open = new Set<string>();
  readonly #sizes = new WeakMap<object, number>();

  constructor(placeAt: (offset: number) => Place) {
    this.#placeAt = placeAt;
  }

  /** @returns undefined for an empty document */
  read(node: unknown): YamlTree | undefined {
    if (isAlias(node)) return this.#aliased(node);
    if (!isScalar(node) && !isMap(node) && !isSeq(node)) return undefined;
    const { anchor } = node;
    if (anchor !== undefined) this.#open.add(anchor);
    const at = this.#placeAt(node.range?.[0] ?? 0);
    const tree = isScalar(node) ? scalar(node, at) : this.#collection(node, at);
    if (anchor !== undefined) {
      this.#open.delete(anchor);
      this.#anchored.set(anchor, tree);
    }
    return tree;
  }

  #collection(node: { items: readonly unknown[] }, at: Place): YamlTree {
    const value = isMap(node) ? this.#members(node.items, at) : this.#elements(node.items, at);
    const parts: Iterable<YamlTree> = value.values();
    let size = 1;
    for (const part of parts) size += this.#sizeOf(part);
    if (size > mostValues) {
      throw mistake(
        at,
        `what aliases stand for adds up to more than ${mostValues.toLocaleString('en')} values`,
        'Use fewer aliases of aliases.',
      );
    }
    this.#sizes.set(value, size);
    return { value, at };
  }

  #sizeOf({ value }: YamlTree): number {
    return typeof value === 'object' && value !== null ? (this.#sizes.get(value) ?? 1) : 1;
  }

  #elements(items: readonly unknown[], at: Place): YamlTree[] {
    return items.map((item) => this.read(item) ?? { value: null, at });
  }

  #members(pairs: readonly Pair[], at: Place): TreeMap {
    const own = new Map<string, YamlTree>();
    const merged: (readonly [string, YamlTree])[] = [];
    for (const { key, value } of pairs) {
      const keyAt = this.#placeAt((key as { range?: [number] } | null)?.range?.[0] ?? 0);
      const tree = this.read(value) ?? { value: null, at: keyAt };
      if (isMergeKey(key)) merged.push(...mergedOf(tree));
      else own.set(keyOf(key, value === null ? at : keyAt), { ...tree, keyAt });
    }
    // What is merged first counts more, and what stands there itself counts most.
    return new Map([...merged.reverse(), ...own]);
  }

  #aliased(alias: Alias): YamlTree {
    const at = this.#placeAt(alias.range?.[0] ?? 0);
    const name = alias.source;
    if (this.#open.has(name)) {
      throw mistake(at, `*${name} stands for something it is part of itself`, 'Take the alias out of what it names.');
    }
    const tree = this.#anchored.get(name);
    if (tree !== undefined) return { ...tree, at };
    throw mistake(at, `there is no anchor &${name} before this alias`, `Write \`&${name}\` where that value stands.`);
  }
}

function scalar({ value, source, type }: { value: unknown; source?: string; type?: string }, at: Place): YamlTree {
  if (typeof value === 'string' || value === null) return { value, at };
  if (typeof value !== 'number' && typeof value !== 'boolean') {
    throw mistake(at, 'this kind of value means nothing here', 'Write it as text, in quotes.');
  }
  return { value, at, written: type === 'PLAIN' && source !== undefined ? source : String(value) };
}

function isMergeKey(key: unknown): boolean {
  if (!isScalar(key)) return false;
  return typeof key.value === 'symbol' || (key.value === '<<' && key.type === 'PLAIN');
}

function keyOf(key: unknown, at: Place): string {
  if (isScalar(key) && key.value !== null && typeof key.value !== 'symbol') {
    return typeof key.value === 'string' ? key.value : (key.source ?? String(key.value));
  }
  throw mistake(at, 'this key is no name', 'Write `name: value`, and begin a list with `- `.');
}

function mergedOf({ value, at }: YamlTree): (readonly [string, YamlTree])[] {
  if (value instanceof Map) return [...value];
  if (Array.isArray(value)) return value.flatMap(mergedOf);
  throw mistake(at, '`<<` takes in a mapping, and this is none', 'Give it an alias of a mapping, such as `*defaults`.');
}

function explain({ code, message }: YAMLError, at: Place, text: string): ActionableError {
  if (code === 'TAB_AS_INDENT') return mistake(at, 'the line is indented with a tab', 'Indent with spaces.');
  if (code === 'MULTIPLE_DOCS') {
    return mistake(at, 'a second document begins here', 'Keep one document: remove the `---` and what follows.');
  }
  if (code === 'DUPLICATE_KEY') {
    const key = /^["']?([^\n:"']*)/.exec(text.split('\n')[at.line - 1]?.slice(at.column - 1) ?? '')?.[1]?.trim() ?? '';
    return mistake(at, `the key '${key}' stands here for the second time`, 'Keep one of the two.');
  }
  if (code === 'TAG_RESOLVE_FAILED') {
    return mistake(at, `${message.replace(/^Unresolved/, 'unknown')}`, 'Remove the tag, or put the text in quotes.');
  }
  const what = message.charAt(0).toLowerCase() + message.slice(1).replace(/[.:]$/, '');
  return mistake(at, `this is not YAML: ${what}`, 'Correct the text there.');
}
