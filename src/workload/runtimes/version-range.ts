import satisfies from 'semver/functions/satisfies.js';
import validRange from 'semver/ranges/valid.js';
import type { ToolFamily } from '#contract/runtimes.ts';
import { compareVersions, numbersOf, versionIn } from './version-text.ts';

/** Nobody writes a longer one. */
const longestConstraint = 256;

/** One condition: `>= 3.1`. */
interface Condition {
  readonly operator: string;
  readonly version: string;
  /** `3.11.*`: what follows may be anything. */
  readonly isPrefix: boolean;
}

/**
 * Whether a version fits a constraint in the words of its family: npm's ranges for node; for the others `~>` of Ruby,
 * `~=` and `==3.11.*` of Python, `^` and `|` of PHP. A version alone stands for all that begin with it: `17`, `3.2`.
 * @returns undefined when the constraint cannot be understood
 */
export function fits(family: ToolFamily, constraint: string, version: string): boolean | undefined {
  const text = constraint.trim();
  if (text.length > longestConstraint) return undefined;
  if (family === 'node') {
    const range = nodeRange(text);
    return validRange(range) === null
      ? undefined
      : satisfies(threeNumbers(version), range, { includePrerelease: true });
  }
  const alternatives = alternativesOf(family, text);
  return alternatives?.some((conditions) => conditions.every((each) => holds(each, version)));
}

/** First and latest majors of Node's lines of long support, by their names. */
const ltsLines: Readonly<Record<string, number>> = {
  argon: 4,
  boron: 6,
  carbon: 8,
  dubnium: 10,
  erbium: 12,
  fermium: 14,
  gallium: 16,
  hydrogen: 18,
  iron: 20,
  jod: 22,
  krypton: 24,
};

/** The words of `.nvmrc` as a range; anything else as it is. */
function nodeRange(text: string): string {
  const line = /^lts\/([a-z]+|\*)$/i.exec(text)?.[1]?.toLowerCase();
  if (line === '*') return Object.values(ltsLines).join(' || ');
  if (line !== undefined) return String(ltsLines[line] ?? text);
  return /^(node|stable|current|latest)$/i.test(text) ? '*' : text;
}

function threeNumbers(version: string): string {
  const [major = 0, minor = 0, patch = 0] = numbersOf(version);
  return `${major}.${minor}.${patch}`;
}

/** Any of the lists has to hold as a whole. */
function alternativesOf(family: ToolFamily, text: string): Condition[][] | undefined {
  const lists = text.split(/\|\|?/).map((each) => conditionsOf(family, each.trim()));
  const understood = lists.filter((each) => each !== undefined);
  return understood.length === lists.length ? understood : undefined;
}

function conditionsOf(family: ToolFamily, text: string): Condition[] | undefined {
  if (text === '*' || text === '') return [];
  const hyphen = /^([\w.-]*\d[\w.]*)\s+-\s+(\d[\w.]*)$/.exec(text);
  const parts =
    hyphen === null ? text.replaceAll(/([<>=~^!])\s+/g, '$1').split(/[\s,]+/) : [`>=${hyphen[1]}`, `<=${hyphen[2]}`];
  const conditions = parts.filter((part) => part !== '').map((part) => conditionOf(family, part));
  const understood = conditions.filter((each) => each !== undefined);
  return understood.length === conditions.length ? understood : undefined;
}

function conditionOf(family: ToolFamily, text: string): Condition | undefined {
  const [, operator = '', rest = ''] = /^(>=|<=|===?|!=|~>|~=|[~^<>=]?)\s*(.*)$/.exec(text) ?? [];
  const isPrefix = /\.[*x]$/i.test(rest);
  // What follows the numbers is a preview, or whose build it is: `17.0.9-tem`, `3.13.0rc1`, `8.1@stable`.
  const plain = rest.replace(/(\.[*x])+$/i, '');
  const isVersion = /^(v|go|[a-z]+(64)?-)?\d+(\.\d+)*([-+@_]?[a-z][\w.+-]*|[-+_][\w.+-]+)?$/i.test(plain);
  const version = isVersion ? versionIn(family, plain) : undefined;
  return version === undefined ? undefined : { operator, version, isPrefix };
}

function holds({ operator, version: wanted, isPrefix }: Condition, version: string): boolean {
  const order = compareVersions(version, wanted);
  switch (operator) {
    case '>=':
      return order >= 0;
    case '>':
      return order > 0 && !(isPrefix && startsWith(version, wanted));
    case '<':
      return order < 0;
    case '<=':
      return order <= 0 || startsWith(version, wanted);
    case '!=':
      return !(isPrefix ? startsWith(version, wanted) : order === 0);
    case '~>':
    case '~=':
    case '~':
      return order >= 0 && startsWith(version, allButLast(wanted));
    case '^':
      return order >= 0 && startsWith(version, upToFirstNumber(wanted));
    case '':
      return startsWith(version, wanted);
    default:
      return isPrefix ? startsWith(version, wanted) : order === 0;
  }
}

function startsWith(version: string, beginning: string): boolean {
  const numbers = numbersOf(version);
  return numbersOf(beginning).every((number, at) => (numbers[at] ?? 0) === number);
}

/** `3.1.2` may grow within 3.1, `3.1` within 3; `3` too. */
function allButLast(version: string): string {
  const numbers = numbersOf(version);
  return numbers.slice(0, Math.max(1, numbers.length - 1)).join('.');
}

/** The part that has to stay: up to the first number that is not 0. */
function upToFirstNumber(version: string): string {
  const numbers = numbersOf(version);
  const first = numbers.findIndex((number) => number > 0);
  return numbers.slice(0, first < 0 ? numbers.length : first + 1).join('.');
}
