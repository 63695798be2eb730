import { lstat, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ToolFamily } from '#contract/runtimes.ts';
import { jsonIn } from '#ground/json-in.ts';

/** Which versions of a family an app asks for. */
export interface Constraint {
  readonly family: ToolFamily;
  /** In the family's own words: `>=18`, `~> 3.1`, `17`. */
  readonly constraint: string;
  /** Where that stands: `package.json, engines`. */
  readonly from: string;
}

/** A file that may say so. */
interface Source {
  readonly file: string;
  readonly read: (text: string, file: string) => readonly Constraint[];
}

/**
 * In this order: of a family the first one counts. What says which versions an app can do with comes before what says
 * which one its authors happen to use.
 */
const sources: readonly Source[] = [
  { file: 'package.json', read: packageJson },
  { file: '.node-version', read: alone('node') },
  { file: '.nvmrc', read: alone('node') },
  { file: 'Gemfile', read: gemfile },
  { file: '.ruby-version', read: alone('ruby') },
  { file: 'runtime.txt', read: runtimeTxt },
  { file: 'pyproject.toml', read: pyproject },
  { file: '.python-version', read: alone('python') },
  { file: 'composer.json', read: composerJson },
  { file: 'system.properties', read: property('java', 'java.runtime.version') },
  { file: '.java-version', read: alone('java') },
  { file: '.sdkmanrc', read: property('java', 'java') },
  { file: 'go.mod', read: goMod },
  { file: '.tool-versions', read: toolVersions },
];

/** Larger files of these names are none of them. */
const longestFile = 1024 * 1024;

/** What the files of an app ask for. Links are not followed: they may lead out of the app. */
export async function constraintsOf(directory: string): Promise<Constraint[]> {
  const texts = new Map<string, string>();
  for (const { file } of sources) {
    const path = join(directory, file);
    const found = await lstat(path).catch(() => undefined);
    if (found?.isFile() && found.size <= longestFile) texts.set(file, await readFile(path, 'utf8'));
  }
  return constraintsIn((file) => texts.get(file));
}

/** @param textOf of a file of the app, `undefined` where there is none */
export function constraintsIn(textOf: (file: string) => string | undefined): Constraint[] {
  return sources.flatMap(({ file, read }) => read(textOf(file)?.replace(/^\uFEFF/, '') ?? '', file));
}

/** The one that counts for a family. */
export function constraintFor(family: string, constraints: readonly Constraint[]): Constraint | undefined {
  return constraints.find((each) => each.family === family);
}

/** As it travels: `>=18 (package.json, engines)`. */
export function textOf({ constraint, from }: Pick<Constraint, 'constraint' | 'from'>): string {
  return `${constraint} (${from})`;
}

/** The parts of a constraint as it travels; it may come without where it stands. */
export function partsOf(text: string): { readonly constraint: string; readonly from: string | undefined } {
  const [, constraint = text, from] = /^(.*?)(?:\s*\(([^()]*)\))?\s*$/s.exec(text) ?? [];
  return { constraint: constraint.trim(), from };
}

function packageJson(text: string, file: string): Constraint[] {
  const constraint = stringIn(text, 'engines', 'node');
  return constraint === undefined ? [] : [{ family: 'node', constraint, from: `${file}, engines` }];
}

function composerJson(text: string, file: string): Constraint[] {
  const constraint = stringIn(text, 'require', 'php');
  return constraint === undefined ? [] : [{ family: 'php', constraint, from: `${file}, require` }];
}

/** A string in an object in an object; `undefined` also where the text is no JSON. */
function stringIn(text: string, outer: string, inner: string): string | undefined {
  const value = asObject(asObject(text === '' ? undefined : jsonIn(text))?.[outer])?.[inner];
  return typeof value === 'string' && value.trim() !== '' ? oneLine(value) : undefined;
}

function asObject(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
}

/** A file with nothing but a version in it; what is no version (`system`, `jruby-9.4`) is no wish we know of. */
function alone(family: ToolFamily): Source['read'] {
  return (text, from) => {
    const line = linesOf(text)[0];
    const constraint = line === undefined ? undefined : wishOf(family, line);
    return constraint === undefined ? [] : [{ family, constraint, from }];
  };
}

/** `ruby '>= 3.1', '< 4'`; `ruby file: '.ruby-version'` leaves it to that file. */
function gemfile(text: string, file: string): Constraint[] {
  const listed = /^[ \t]*ruby[ \t(]+(['"][^'"\n]+['"](?:[ \t]*,[ \t]*['"][^'"\n]+['"])*)(?![^\n]*jruby)/m.exec(
    text,
  )?.[1];
  const parts = [...(listed ?? '').matchAll(/['"]([^'"]+)['"]/g)].map(([, part = '']) => part.trim());
  return parts.length === 0 ? [] : [{ family: 'ruby', constraint: oneLine(parts.join(', ')), from: file }];
}

/** `python-3.11.4` */
function runtimeTxt(text: string, from: string): Constraint[] {
  const [, family, constraint] = /^(python|ruby|node|php|java)-(\d[\w.]*)$/.exec(linesOf(text)[0] ?? '') ?? [];
  return family === undefined || constraint === undefined ? [] : [{ family: family as ToolFamily, constraint, from }];
}

/** `requires-python` of the project, else what Poetry is told. Two lines of TOML need no reader of TOML. */
function pyproject(text: string, file: string): Constraint[] {
  const found =
    /^[ \t]*requires-python[ \t]*=[ \t]*(['"])(.*?)\1/m.exec(sectionOf(text, 'project')) ??
    /^[ \t]*python[ \t]*=[ \t]*(['"])(.*?)\1/m.exec(sectionOf(text, 'tool.poetry.dependencies'));
  const constraint = oneLine(found?.[2] ?? '');
  return constraint === '' ? [] : [{ family: 'python', constraint, from: `${file}, requires-python` }];
}

/** The lines of a table, up to the next one. */
function sectionOf(toml: string, name: string): string {
  const lines = toml.split('\n');
  const start = lines.findIndex((line) => line.trim() === `[${name}]`);
  if (start < 0) return '';
  const rest = lines.slice(start + 1);
  const end = rest.findIndex((line) => line.trimStart().startsWith('['));
  return rest.slice(0, end < 0 ? rest.length : end).join('\n');
}

/** `java.runtime.version=17` */
function property(family: ToolFamily, key: string): Source['read'] {
  return (text, from) => {
    const pairs = linesOf(text).map((line) => line.split(/\s*[=:]\s*/));
    const constraint = wishOf(family, pairs.find(([name]) => name === key)?.[1] ?? '');
    return constraint === undefined ? [] : [{ family, constraint, from }];
  };
}

/** The oldest Go that does; a `toolchain` is what its authors use, and counts where there is no `go`. */
function goMod(text: string, file: string): Constraint[] {
  const lines = linesOf(text.replaceAll('//', '#'));
  const found = (word: string) => {
    const version = lines.find((line) => line.startsWith(`${word} `))?.slice(word.length + 1);
    const number = /^(?:go)?(\d+(?:\.\d+)*)/.exec(version?.trim() ?? '')?.[1];
    return number === undefined ? [] : [{ family: 'go' as const, constraint: `>=${number}`, from: `${file}, ${word}` }];
  };
  return [...found('go'), ...found('toolchain')];
}

const familyOfTool: Readonly<Record<string, ToolFamily>> = {
  nodejs: 'node',
  node: 'node',
  ruby: 'ruby',
  python: 'python',
  php: 'php',
  java: 'java',
  golang: 'go',
  go: 'go',
};

/** `nodejs 20.11.0 18.20.4`: any of them will do. */
function toolVersions(text: string, from: string): Constraint[] {
  return linesOf(text).flatMap((line) => {
    const [tool = '', ...versions] = line.split(/\s+/);
    const family = Object.hasOwn(familyOfTool, tool) ? familyOfTool[tool] : undefined;
    if (family === undefined) return [];
    const wishes = versions.map((version) => wishOf(family, version)).filter((wish) => wish !== undefined);
    return wishes.length === 0 ? [] : [{ family, constraint: wishes.join(' || '), from }];
  });
}

/** Lines that say something, comments left out. */
function linesOf(text: string): string[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.replace(/(^|\s)#.*$/, '').trim())
    .filter((line) => line !== '');
}

/** A wish for a version as these files have it: with the family's name or not. */
function wishOf(family: ToolFamily, text: string): string | undefined {
  const wish = text.trim().replace(new RegExp(`^${family}-(?=\\d)`), '');
  const isVersion = /^v?\d+(\.[\dx*]+)*(-?[a-z][\w.+-]*|[-+_][\w.+-]+)?$/i.test(wish);
  if (family === 'node') return isVersion || /^(lts\/[\w*]+|node|stable|[\^~<>=].*\d.*)$/.test(wish) ? wish : undefined;
  if (isVersion) return wish;
  return family === 'java' && /^[a-z][\w.]*-\d[\w.+-]*$/i.test(wish) ? wish : undefined;
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}
