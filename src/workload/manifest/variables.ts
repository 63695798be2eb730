import { ActionableError } from '#ground/errors.ts';
import { yamlTree } from '#ground/yaml-tree.ts';
import { membersOf, mistake, textOf, withTexts, type YamlTree } from './tree.ts';

/** `((name))`, `((a.b))`: what a manifest leaves open until it is pushed. */
const reference = /\(\(!?([-/.\w\p{L}]+)\)\)/gu;

/** What variables may add up to: a few of them that hold each other twice would fill the memory. */
const mostLetters = 4_000_000;

export type Variables = ReadonlyMap<string, YamlTree>;

/** A file of variables, and one variable of the command line. */
export interface VariableSources {
  readonly files: readonly { readonly file: string; readonly text: string }[];
  /** `KEY=VALUE`; they count more than files. */
  readonly pairs: readonly string[];
}

/** Later files count more than earlier ones. @throws ActionableError BAD_INPUT, USAGE */
export function variablesFrom({ files, pairs }: VariableSources): Variables {
  const all = new Map<string, YamlTree>();
  for (const { file, text } of files) {
    const tree = yamlTree(text, file);
    if (tree.value === null) continue;
    for (const [name, value] of membersOf(tree, 'A file of variables')) all.set(name, value);
  }
  for (const pair of pairs) {
    const equals = pair.indexOf('=');
    if (equals < 1) {
      throw new ActionableError(
        'USAGE',
        `--var cannot be '${pair}'.`,
        'Write it as KEY=VALUE; the value may be empty.',
      );
    }
    all.set(pair.slice(0, equals), valueOfPair(pair.slice(equals + 1), `--var ${pair.slice(0, equals)}`));
  }
  return all;
}

/** Numbers, truth values and lists are what they look like, as in a file; what is no YAML is text. */
function valueOfPair(text: string, file: string): YamlTree {
  const asText: YamlTree = { value: text, at: { file, line: 1, column: 1 } };
  if (text === '') return asText;
  try {
    const tree = yamlTree(text, file);
    return typeof tree.value === 'string' ? asText : tree;
  } catch {
    return asText; // a password may be broken YAML, and means itself
  }
}

/**
 * The tree with all variables replaced. A variable that is the whole value keeps its type, lists and mappings too; within
 * a text it becomes text.
 * @throws ActionableError BAD_INPUT naming all that are missing, or the ring they form
 */
export function withVariables(tree: YamlTree, variables: Variables): YamlTree {
  const missing = new Map<string, YamlTree>();
  let spent = 0;
  const resolve = (text: string, at: YamlTree, open: readonly string[]): YamlTree => {
    spent += 1 + text.length;
    if (spent > mostLetters) throw tooLong(at);
    const found = [...text.matchAll(reference)];
    if (found.length === 0) return at;
    const values = found.map(([, name = '']) => {
      if (open.includes(name)) throw ring([...open.slice(open.indexOf(name)), name], at);
      const value = lookUp(name, variables);
      if (value === undefined) missing.set(name, at);
      return value === undefined ? at : withTexts(value, (inner, where) => resolve(inner, where, [...open, name]));
    });
    const [whole] = values;
    if (whole !== undefined && found[0]?.[0] === text) return { ...whole, at: at.at, ...keyAtOf(at) };
    let index = 0;
    return { ...at, value: text.replace(reference, (_, name: string) => inserted(values[index++] ?? at, name, at)) };
  };
  const resolved = withTexts(tree, (text, at) => resolve(text, at, []));
  if (missing.size > 0) throw missingError(missing);
  return resolved;
}

function keyAtOf({ keyAt }: YamlTree): Pick<YamlTree, 'keyAt'> {
  return keyAt === undefined ? {} : { keyAt };
}

/** `a.b` is the key `b` of the variable `a`, unless there is a variable of just that name. */
function lookUp(name: string, variables: Variables): YamlTree | undefined {
  const exact = variables.get(name);
  if (exact !== undefined) return exact;
  const [first = '', ...keys] = name.split('.');
  let tree = variables.get(first);
  for (const key of keys) tree = tree?.value instanceof Map ? tree.value.get(key) : undefined;
  return tree;
}

function inserted(value: YamlTree, name: string, at: YamlTree): string {
  const text = value.value === null ? '' : textOf(value);
  if (text !== undefined) return text;
  throw mistake(
    at.at,
    `((${name})) is a list or a mapping and cannot become part of a text`,
    `Let ((${name})) be the whole value.`,
  );
}

function tooLong({ at }: YamlTree): ActionableError {
  return mistake(at, 'what the variables stand for adds up to more than 4 MB', 'Use fewer variables of variables.');
}

function ring(names: readonly string[], { at }: YamlTree): ActionableError {
  const way = names.map((name) => `((${name}))`).join(' → ');
  return mistake(at, `variables need each other: ${way}`, 'Give one of them a value of its own.');
}

function missingError(missing: ReadonlyMap<string, YamlTree>): ActionableError {
  const names = [...missing.keys()].sort();
  const [first] = missing.values();
  const { file, line, column } = first?.at ?? { file: '', line: 1, column: 1 };
  return new ActionableError(
    'BAD_INPUT',
    `${file}:${line}:${column}: Expected to find variables: ${names.join(', ')}.`,
    `Give each a value: \`--var ${names[0]}=…\`, or a file of them with \`--vars-file\`.`,
  );
}
