import type { Attributes } from './attributes.ts';
import { elementsOf, membersOf, mistake, plain, textOf, type YamlTree } from './tree.ts';
import type { Read } from './values.ts';
import * as read from './values.ts';

/** When an app's command lines are run; all but the first travel with the app. */
const hookNames = ['pre-push', 'pre-staging', 'post-staging', 'pre-running', 'legacy-running'] as const;

const commands = read.oneOrMore(read.text);

const hooks: Read = (tree, name) =>
  Object.fromEntries(
    [...membersOf(tree, name)].map(([key, value]) => {
      if ((hookNames as readonly string[]).includes(key)) return [key, commands(value, `${name}.${key}`)];
      throw mistake(value.keyAt ?? value.at, `there is no hook '${key}'`, `There are ${hookNames.join(', ')}.`);
    }),
  );

/** `type`, or a mapping with what that type of app starts from. */
const framework: Read = (tree, name) => {
  const bare = textOf(tree);
  if (bare !== undefined) return { type: bare };
  return Object.fromEntries(
    [...membersOf(tree, name)].map(([key, value]) => [key, read.text(value, `${name}.${key}`)]),
  );
};

/** `null`: the app has no such process. */
const processes: Read = (tree, name) =>
  Object.fromEntries([...membersOf(tree, name)].map(([key, value]) => [key, read.textOrNull(value, `${name}.${key}`)]));

/** Packages by the tool that installs them, for staging and running or for one of both. */
const requirements: Read = (tree, name) =>
  Object.fromEntries(
    [...membersOf(tree, name)].map(([key, value]) => [
      key,
      value.value instanceof Map
        ? requirements(value, `${name}.${key}`)
        : read.oneOrMore(read.text)(value, `${name}.${key}`),
    ]),
  );

/** Services as a list of names; as name and type in either order; or with all about each. */
const services: Read = (tree, name) => {
  if (Array.isArray(tree.value)) return elementsOf(tree, name).map((each) => read.text(each, name));
  return [...membersOf(tree, name)].map(([key, value]) => {
    const other = textOf(value);
    return other !== undefined && types.has(key) ? other : key;
  });
};
const types: ReadonlySet<string> = new Set([
  'filesystem',
  'harbor',
  'memcached',
  'mongodb',
  'mysql',
  'oracledb',
  'postgresql',
  'rabbitmq',
  'rabbitmq3',
  'redis',
]);

/** A variable is a text, or a form that is filled in when the app is pushed. */
const environment: Read = (tree, name) =>
  Object.fromEntries(
    [...membersOf(tree, name)].map(([key, value]) => [
      key,
      value.value instanceof Map
        ? form(value, `${name}.${key}`)
        : (textOf(value) ?? (value.value === null ? null : JSON.stringify(plain(value)))),
    ]),
  );

const formFields: Readonly<Record<string, Read>> = {
  default: (tree, name) => textOf(tree) ?? (tree.value === null ? '' : read.text(tree, name)),
  hidden: read.flag,
  required: read.flag,
  inherit: read.flag,
  prompt: read.text,
  choices: read.listOf(read.text),
  scope: read.oneOf('staging', 'runtime', 'both'),
};

function form(tree: YamlTree, name: string): Record<string, unknown> {
  return Object.fromEntries(
    [...membersOf(tree, name)].map(([key, value]) => {
      const field = Object.hasOwn(formFields, key) ? formFields[key] : undefined;
      if (field !== undefined) return [key, field(value, `${name}.${key}`)];
      throw mistake(
        value.keyAt ?? value.at,
        `a variable has no '${key}'`,
        `It may have ${Object.keys(formFields).join(', ')}.`,
      );
    }),
  );
}

/** Everything a stackato.yml may say. */
export const stackatoAttributes: Attributes = {
  name: { read: read.text },
  'app-dir': { read: read.text },
  mem: { read: read.sizeOrMegabytes },
  memory: { read: read.sizeOrMegabytes },
  disk: { read: read.sizeOrMegabytes },
  'disk-quota': { read: read.sizeOrMegabytes, alias: 'disk_quota' },
  instances: { read: read.wholeNumber },
  command: { read: read.textOrNull, mayBeNull: true },
  framework: { read: framework },
  buildpack: { read: read.textOrNull, mayBeNull: true },
  stack: { read: read.text },
  timeout: { read: read.wholeNumber },
  docker_image: { read: read.anything },
  'no-route': { read: read.flag },
  host: { read: read.text },
  subdomain: { read: read.text },
  domain: { read: read.text },
  description: { read: read.text },
  processes: { read: processes },
  requirements: { read: requirements },
  hooks: { read: hooks },
  env: { read: environment },
  services: { read: services },
  url: { read: read.oneOrMore(read.text) },
  urls: { read: read.oneOrMore(read.text) },
  ignores: { read: read.oneOrMore(read.text) },
  cron: { read: read.oneOrMore(read.text) },
  min_version: { read: read.anything },
  'depends-on': { read: read.anything },
  drain: { read: read.anything },
  autoscale: { read: read.anything },
  'placement-zone': { read: read.anything },
  'sso-enabled': { read: read.anything },
  'force-war-unpacking': { read: read.anything },
};

/** What of it has nothing to act on here. */
export const withoutEffect = [
  'min_version',
  'depends-on',
  'drain',
  'autoscale',
  'placement-zone',
  'sso-enabled',
  'force-war-unpacking',
] as const;
