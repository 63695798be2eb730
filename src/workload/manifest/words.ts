import type { ActionableError } from '#ground/errors.ts';
import { mistake, type TreeMap, textOf, type YamlTree } from './tree.ts';

/** What `${…}` may stand for beside the keys of the file. */
export interface Facts {
  /** Below which apps get their host names: `${target-base}`, `${space-base}`. */
  readonly domain: string;
  /** `${target-url}` */
  readonly apiUrl: string;
  /** A new word each time: `${random-word}`. */
  readonly randomWord: () => string;
  /** What was answered to `${ask Question}`, by question. */
  readonly answers: ReadonlyMap<string, string>;
}

const word = /\$\{([^{}]+)\}/g;
const most = 4_000_000;

/** In a manifest.yml only this word is replaced: `${…}` in a command is the shell's. */
export function withRandomWords(text: string, { randomWord }: Pick<Facts, 'randomWord'>): string {
  return text.replace(/\$\{random-word\}/g, randomWord);
}

/** The questions a file asks. */
export function questionsIn({ value }: YamlTree): string[] {
  if (typeof value === 'string') {
    return [...value.matchAll(word)].flatMap(([, name = '']) =>
      name.startsWith('ask ') ? [name.slice(4).trim()] : [],
    );
  }
  if (value === null || typeof value !== 'object') return [];
  const parts: Iterable<YamlTree> = value.values();
  return [...new Set([...parts].flatMap(questionsIn))];
}

/**
 * The tree with each `${key}` replaced by what the nearest mapping around it says for that key.
 * @param around mappings that surround the tree, the nearest first
 * @throws ActionableError BAD_INPUT for a word that nothing explains, and for a ring of them
 */
export function withWords(tree: YamlTree, facts: Facts, around: readonly TreeMap[] = []): YamlTree {
  const { value } = tree;
  const replacing = new Replacing(facts);
  const walk = (each: YamlTree, scopes: readonly TreeMap[]): YamlTree => {
    if (typeof each.value === 'string')
      return { ...each, value: replacing.replace(each.value, each, { scopes, open: [] }) };
    if (Array.isArray(each.value)) return { ...each, value: each.value.map((part: YamlTree) => walk(part, scopes)) };
    if (!(each.value instanceof Map)) return each;
    const inner = [each.value as TreeMap, ...scopes];
    const members = [...(inner[0] as TreeMap)].map(([key, member]): [string, YamlTree] => [
      replacing.replace(key, member, { scopes, open: [] }),
      walk(member, inner),
    ]);
    return { ...each, value: new Map(members) };
  };
  return value === null ? tree : walk(tree, around);
}

interface Surroundings {
  readonly scopes: readonly TreeMap[];
  /** The words that are being replaced just now. */
  readonly open: readonly string[];
}

class Replacing {
  readonly #facts: Facts;
  #spent = 0;

  constructor(facts: Facts) {
    this.#facts = facts;
  }

  replace(text: string, at: YamlTree, surroundings: Surroundings): string {
    this.#spent += 1 + text.length;
    if (this.#spent > most) {
      throw mistake(at.at, 'what the words stand for adds up to more than 4 MB', 'Use fewer words made of words.');
    }
    return text.replace(word, (_, name: string) => this.#meaning(name.trim(), at, surroundings));
  }

  #meaning(name: string, at: YamlTree, { scopes, open }: Surroundings): string {
    const known = this.#special(name, at);
    if (known !== undefined) return known;
    // A value does not mean itself: what stands further out under its name does.
    const depth = scopes.findIndex((scope) => scope.has(name) && scope.get(name) !== at);
    const found = scopes[depth]?.get(name);
    if (found === undefined) throw unknown(name, at);
    // One key may stand at several depths, and mean another value at each.
    const key = `${name}@${depth - scopes.length}`;
    if (open.includes(key)) throw ring([...open.slice(open.indexOf(key)), key], at);
    const text = textOf(found);
    if (text === undefined) {
      throw mistake(
        at.at,
        `\${${name}} is a list or a mapping and cannot become text`,
        'Name a key with a simple value.',
      );
    }
    return this.replace(text, found, { scopes: scopes.slice(depth), open: [...open, key] });
  }

  #special(name: string, { at }: YamlTree): string | undefined {
    const { domain, apiUrl, randomWord, answers } = this.#facts;
    if (name === 'random-word') return randomWord();
    if (name === 'target-base' || name === 'space-base') return domain;
    if (name === 'target-url') return apiUrl;
    if (!name.startsWith('ask ')) return undefined;
    const answer = answers.get(name.slice(4).trim());
    if (answer !== undefined) return answer;
    throw mistake(at, `'${name.slice(4).trim()}' is to be asked, and there is no terminal`, 'Write the answer there.');
  }
}

function unknown(name: string, { at }: YamlTree): ActionableError {
  const shell = /^\w+$/.test(name) ? ` For a variable of the shell write $${name}.` : '';
  return mistake(
    at,
    `\${${name}} means nothing: no key around it has that name`,
    `Add the key, or mend the name.${shell}`,
  );
}

function ring(keys: readonly string[], { at }: YamlTree): ActionableError {
  const way = keys.map((key) => `\${${key.split('@')[0]}}`).join(' → ');
  return mistake(at, `words need each other: ${way}`, 'Give one of them a value of its own.');
}
