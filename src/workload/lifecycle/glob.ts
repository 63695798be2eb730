import { type Dirent, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The files and directories below `root` that a glob of Ruby's `Dir.glob` names, sorted: `*` and `?` stay within a
 * name, `**` goes down, `[a-z]` and `{a,b}` choose, hidden names are only found by patterns that start with a dot.
 * Nothing outside `root` is ever named, nor `root` itself.
 */
export function glob(root: string, pattern: string): string[] {
  const found = expandBraces(pattern).flatMap((plain) => {
    const steps = plain.split('/').filter((step) => step !== '' && step !== '.');
    return plain.startsWith('/') || steps.includes('..') ? [] : below(root, '', steps);
  });
  return [...new Set(found)].sort();
}

function below(root: string, directory: string, steps: readonly string[]): string[] {
  const [step, ...rest] = steps;
  if (step === undefined) return directory === '' ? [] : [directory];
  if (step === '**' && rest.length > 0) return [...below(root, directory, rest), ...deeper(root, directory, steps)];
  if (!/[*?[\\]/.test(step)) {
    const path = join(directory, step);
    return existsSync(join(root, path)) ? below(root, path, rest) : [];
  }
  const expression = expressionOf(step);
  return entriesOf(join(root, directory))
    .filter(({ name }) => (step.startsWith('.') || !name.startsWith('.')) && expression.test(name))
    .flatMap(({ name }) => below(root, join(directory, name), rest));
}

function deeper(root: string, directory: string, steps: readonly string[]): string[] {
  return entriesOf(join(root, directory))
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .flatMap(({ name }) => below(root, join(directory, name), steps));
}

function entriesOf(directory: string): Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch {
    return []; // a file, or a link to nowhere: nothing lies below it
  }
}

/** A glob step without braces as a regular expression for one name. */
function expressionOf(step: string): RegExp {
  const parts = step.match(/\\.|\[[^\]]+\]|[\s\S]/g) ?? [];
  return new RegExp(`^${parts.map(partOf).join('')}$`, 's');
}

function partOf(part: string): string {
  if (part === '*') return '.*';
  if (part === '?') return '.';
  if (part.length > 2 && part.startsWith('['))
    return `[${part.slice(1, -1).replace(/^[!^]/, '^').replace(/[\\[]/g, '\\$&')}]`;
  const character = part.length === 2 ? part.slice(1) : part;
  return character.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}

/** `a{b,c{d,e}}` → `ab`, `acd`, `ace`; braces that do not close stand for themselves. */
function expandBraces(pattern: string): string[] {
  const open = pattern.indexOf('{');
  const choices = open < 0 ? undefined : choicesAt(pattern, open);
  if (choices === undefined) return [pattern];
  const [head, tail] = [pattern.slice(0, open), pattern.slice(choices.end + 1)];
  return choices.texts.flatMap((text) => expandBraces(`${head}${text}${tail}`));
}

function choicesAt(pattern: string, open: number): { texts: string[]; end: number } | undefined {
  const texts: string[] = [];
  let [depth, from] = [0, open + 1];
  for (let at = open; at < pattern.length; at += 1) {
    const character = pattern[at];
    if (character === '{') depth += 1;
    if (character === '}') depth -= 1;
    if (depth === 0 || (depth === 1 && character === ',')) {
      texts.push(pattern.slice(from, at));
      from = at + 1;
    }
    if (depth === 0) return { texts, end: at };
  }
  return undefined;
}
