import { dirname, resolve } from 'node:path';
import { type AppEntry, emptyEntry, type VariableForm } from './app-entry.ts';
import { routesOfOldWords } from './old-routes.ts';
import { readMembers } from './read-members.ts';
import { stackatoAttributes, withoutEffect } from './stackato-attributes.ts';
import { travellersOf } from './travellers.ts';
import { membersOf, mistake, type TreeMap, type YamlTree } from './tree.ts';

type Values = Readonly<Record<string, unknown>>;

/**
 * What a stackato.yml, or the section `stackato` of an app in a manifest, says of an app. Its words are replaced already.
 * @throws ActionableError BAD_INPUT
 */
export function readStackato(tree: YamlTree, domain: string): AppEntry {
  const members = membersOf(tree, 'A stackato.yml');
  refuseDocker(members);
  const { values, remarks } = readMembers(members, stackatoAttributes);
  checkOneName(members);
  const { name, env, ignores } = values;
  const variables = variablesIn(env);
  const { start, remarks: startRemarks } = startOf(values);
  const routed = routesOfOldWords({ ...start, ...routesOf(values) }, textIn(name), domain);
  const { annotations, remarks: stored } = travellersOf(values);
  return {
    ...emptyEntry,
    name: textIn(name),
    path: values['app-dir'] === undefined ? undefined : pathOf(members, String(values['app-dir'])),
    attributes: {
      ...(name === undefined ? {} : { name }),
      ...routed.attributes,
      ...(Object.keys(variables.env).length === 0 ? {} : { env: variables.env }),
      metadata: { annotations },
    },
    prePush: prePushOf(values),
    ignores: Array.isArray(ignores) ? ignores.map(String) : undefined,
    forms: variables.forms,
    remarks: [...remarks, ...startRemarks, ...routed.remarks, ...stored, ...idleIn(values)],
  };
}

function textIn(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function pathOf(members: TreeMap, directory: string): string {
  return resolve(dirname(members.get('app-dir')?.at.file ?? ''), directory);
}

function prePushOf({ hooks }: Values): string[] {
  const commands = (hooks as Values | undefined)?.['pre-push'];
  return Array.isArray(commands) ? commands.map(String) : [];
}

/** Sizes, what is started and what it is made with, in the words of a manifest. */
function startOf(values: Values): { start: Values; remarks: readonly string[] } {
  const { mem, memory = mem, disk, instances, stack, timeout, services, buildpack, framework } = values;
  const { BUILDPACK_URL: url } = (values['env'] as Values | undefined) ?? {};
  const type = (framework as Values | undefined)?.['type'];
  const builders = [buildpack, type === 'buildpack' ? url : type].find((each) => each !== undefined);
  const { web, ...others } = (values['processes'] as Values | undefined) ?? {};
  const command = web === undefined ? values['command'] : web;
  const workers = Object.entries(others).filter(([, line]) => line !== null);
  const start = {
    memory,
    'disk-quota': values['disk-quota'] ?? disk,
    instances,
    command,
    stack,
    timeout,
    services,
    buildpacks: builders === undefined ? undefined : builders === null ? [] : [builders],
    processes: workers.length === 0 ? undefined : workers.map(([name, line]) => ({ type: name, command: line })),
    ...(web === null ? { command: undefined, 'no-route': true, 'health-check-type': 'process' } : {}),
  };
  return {
    start: Object.fromEntries(Object.entries(start).filter(([, value]) => value !== undefined)),
    remarks: web === null ? ['The app has no process web: it gets no route, and no port of it is looked at.'] : [],
  };
}

function routesOf({ url, urls, host, subdomain, domain, ...values }: Values): Values {
  const listed = [url, urls].flat().flatMap((each) => (typeof each === 'string' ? [each] : []));
  const routes = listed.map((each) => ({ route: each.replace(/^https?:\/\//, '').replace(/\/$/, '') }));
  const words = { host, subdomain, domain, 'no-route': values['no-route'] };
  const said = Object.entries(words).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(said), ...(routes.length === 0 ? {} : { routes }) };
}

/** Variables with a value, and those with a form to fill in. */
function variablesIn(env: unknown): { env: Record<string, unknown>; forms: VariableForm[] } {
  const all = Object.entries((env as Values | undefined) ?? {});
  const isForm = (value: unknown): value is Values => typeof value === 'object' && value !== null;
  return {
    env: Object.fromEntries(all.filter(([, value]) => !isForm(value))),
    forms: all.flatMap(([name, value]) => (isForm(value) ? [formOf(name, value)] : [])),
  };
}

function formOf(name: string, fields: Values): VariableForm {
  return {
    name,
    default: textIn(fields['default']),
    isHidden: fields['hidden'] === true,
    isRequired: fields['required'] === true,
    isInherited: fields['inherit'] === true,
    prompt: textIn(fields['prompt']),
    choices: Array.isArray(fields['choices']) ? fields['choices'].map(String) : [],
  };
}

function idleIn(values: Values): string[] {
  const said = withoutEffect.filter((key) => values[key] !== undefined);
  return said.length === 0 ? [] : [`Nothing here acts on ${said.join(', ')}: the app is pushed without.`];
}

function checkOneName(members: TreeMap): void {
  for (const [one, other] of [
    ['mem', 'memory'],
    ['disk', 'disk-quota'],
    ['disk', 'disk_quota'],
  ] as const) {
    const [first, second] = [members.get(one), members.get(other)];
    if (first !== undefined && second !== undefined) {
      throw mistake(second.keyAt ?? second.at, `'${one}' and '${other}' are the same`, 'Keep one of the two.');
    }
  }
}

function refuseDocker(members: TreeMap): void {
  const image = members.get('docker_image');
  if (image === undefined) return;
  throw mistake(
    image.keyAt ?? image.at,
    'images of docker are not supported yet',
    'Remove `docker_image`, and push the source of the app.',
  );
}
