import { megabytesOf } from '#ground/bytes.ts';
import { elementsOf, membersOf, mistake, plain, textOf, type YamlTree } from './tree.ts';

/** Kinds of values an attribute may take; each reader gives what JSON can carry. */

/** @throws ActionableError BAD_INPUT with the place of the value */
export type Read = (tree: YamlTree, name: string) => unknown;

export const text: Read = (tree, name) => {
  const read = textOf(tree);
  if (read !== undefined && read.trim() !== '') return read;
  throw mistake(
    tree.at,
    `${name} must be a text`,
    `Write \`${name}: …\` on one line, in quotes if it has special characters.`,
  );
};

/** `null` and the words of command lines for it take the value back. */
export const textOrNull: Read = (tree, name) => (tree.value === null ? null : text(tree, name));

/** `256M`. @param bareUnit what a number alone means; absent, it needs a unit */
const sizeWith =
  (bareUnit: 'M' | undefined): Read =>
  (tree, name) => {
    const read = textOf(tree)?.trim() ?? '';
    if (/^\d+$/.test(read)) {
      if (bareUnit !== undefined) return `${Number(read)}${bareUnit}`;
      throw mistake(tree.at, `${name} '${read}' needs a unit`, `Write ${read}M if you mean megabytes.`);
    }
    const megabytes = megabytesOf(read);
    if (megabytes !== undefined && megabytes >= 1 && megabytes < 2 ** 31) return read;
    throw mistake(tree.at, `${name} must be a size, not ${shown(tree)}`, 'Write 256M or 1G, for instance.');
  };
export const size = sizeWith(undefined);
export const sizeOrMegabytes = sizeWith('M');

/** Digits, as `2`, `08` or `1_000`, whatever a YAML reader makes of them. */
export const wholeNumber: Read = (tree, name) => {
  const digits = (textOf(tree) ?? '').replaceAll('_', '');
  if (/^\d{1,15}$/.test(digits)) return Number(digits);
  throw mistake(tree.at, `${name} must be a whole number, not ${shown(tree)}`, `Write \`${name}: 2\`, for instance.`);
};

const truths = new Map<string, boolean>([
  ...['true', 'yes', 'on', 'y'].map((word) => [word, true] as const),
  ...['false', 'no', 'off', 'n'].map((word) => [word, false] as const),
]);

/** Also the words of YAML 1.1. */
export const flag: Read = (tree, name) => {
  const truth = truths.get((textOf(tree) ?? '').toLowerCase());
  if (truth !== undefined) return truth;
  throw mistake(tree.at, `${name} must be true or false, not ${shown(tree)}`, `Write \`${name}: true\`.`);
};

/** One of these words. */
export const oneOf =
  (...words: readonly string[]): Read =>
  (tree, name) => {
    const read = textOf(tree) ?? '';
    if (words.includes(read)) return read;
    throw mistake(tree.at, `${name} cannot be ${shown(tree)}`, `Write one of ${words.join(', ')}.`);
  };

export const listOf =
  (read: Read): Read =>
  (tree, name) =>
    elementsOf(tree, name).map((each) => read(each, name));

/** One or several: `a` is `[a]`. */
export const oneOrMore =
  (read: Read): Read =>
  (tree, name) =>
    Array.isArray(tree.value) ? listOf(read)(tree, name) : [read(tree, name)];

/** Variables of an environment. A value reaches the app letter by letter as it is written; `null` takes it away. */
export const environment: Read = (tree, name) =>
  Object.fromEntries(
    [...membersOf(tree, name)].map(([key, value]) => [
      key,
      value.value === null ? null : (textOf(value) ?? JSON.stringify(plain(value))),
    ]),
  );

/** Names with texts; `null` takes one away. */
const names: Read = (tree, name) =>
  Object.fromEntries(
    [...membersOf(tree, name)].map(([key, value]) => [
      key,
      value.value === null ? null : text(value, `${name}.${key}`),
    ]),
  );

const fields =
  (known: Readonly<Record<string, Read>>, needed: readonly string[] = []): Read =>
  (tree, name) => {
    const members = membersOf(tree, name);
    for (const key of needed) {
      if (!members.has(key)) throw mistake(tree.at, `${name} needs a ${key}`, `Add \`${key}: …\` there.`);
    }
    return Object.fromEntries(
      [...members].map(([key, value]) => [
        key,
        Object.hasOwn(known, key) ? known[key]?.(value, `${name}.${key}`) : plain(value),
      ]),
    );
  };

export const metadata = fields({ labels: names, annotations: names });
export const features: Read = (tree, name) =>
  Object.fromEntries([...membersOf(tree, name)].map(([key, value]) => [key, flag(value, `${name}.${key}`)]));

const route = fields({ route: text, protocol: oneOf('http1', 'http2', 'tcp') }, ['route']);
export const routes: Read = (tree, name) =>
  elementsOf(tree, name).map((each) => {
    const bare = textOf(each);
    if (bare !== undefined)
      throw mistake(each.at, `a route must be written with its name`, `Write \`- route: ${bare}\`.`);
    return route(each, 'a route');
  });

const service = fields({ name: text, binding_name: text }, ['name']);
export const services: Read = (tree, name) =>
  elementsOf(tree, name).map((each) => textOf(each) ?? service(each, 'a service'));

export const anything: Read = (tree) => plain(tree);

/** A value as an error shows it. */
function shown(tree: YamlTree): string {
  if (tree.value === null) return 'empty';
  const read = textOf(tree);
  if (read === undefined) return Array.isArray(tree.value) ? 'a list' : 'a mapping';
  return `'${read.length > 60 ? `${read.slice(0, 60)}…` : read}'`;
}
