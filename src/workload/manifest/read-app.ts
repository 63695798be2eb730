import { dirname, resolve } from 'node:path';
import { type AppEntry, emptyEntry } from './app-entry.ts';
import { type Attributes, appAttributes, processOnly, sidecarAttributes } from './attributes.ts';
import { routesOfOldWords } from './old-routes.ts';
import { readMembers } from './read-members.ts';
import { elementsOf, membersOf, mistake, type TreeMap, type YamlTree } from './tree.ts';

/**
 * An app's entry in a manifest.
 * @param domain below which an app gets the hosts it names without a domain
 * @throws ActionableError BAD_INPUT
 */
export function readApp(members: TreeMap, domain: string): AppEntry {
  const { values, remarks } = readMembers(members, appAttributes);
  refuseDocker(members);
  const { name, path, stackato: _, buildpack, ...rest } = values;
  const processes = listRead(members.get('processes'), processOnly, ['type']);
  const sidecars = listRead(members.get('sidecars'), sidecarAttributes, ['name', 'process-types', 'command']);
  const routed = routesOfOldWords(rest, typeof name === 'string' ? name : undefined, domain);
  return {
    ...emptyEntry,
    name: typeof name === 'string' ? name : undefined,
    path: typeof path === 'string' ? resolve(dirname(members.get('path')?.at.file ?? ''), path) : undefined,
    attributes: {
      ...(name === undefined ? {} : { name }),
      ...routed.attributes,
      ...(buildpack === undefined || rest['buildpacks'] !== undefined ? {} : { buildpacks: buildpackList(buildpack) }),
      ...(processes === undefined ? {} : { processes: processes.values }),
      ...(sidecars === undefined ? {} : { sidecars: sidecars.values }),
    },
    remarks: [...remarks, ...(processes?.remarks ?? []), ...(sidecars?.remarks ?? []), ...routed.remarks],
  };
}

/** `null`, `default`: whatever is found in the app. */
function buildpackList(buildpack: unknown): unknown[] {
  return buildpack === null || buildpack === 'default' || buildpack === 'null' ? [] : [buildpack];
}

function listRead(tree: YamlTree | undefined, table: Attributes, needed: readonly string[]) {
  if (tree === undefined) return undefined;
  const read = elementsOf(tree, 'this').map((each) => {
    const one = readMembers(membersOf(each, 'Each of these'), table);
    const missing = needed.find((key) => one.values[key] === undefined);
    if (missing === undefined) return one;
    throw mistake(each.at, `this has no ${missing}`, `Add \`${missing}: …\` to it.`);
  });
  return { values: read.map(({ values }) => values), remarks: read.flatMap(({ remarks }) => remarks) };
}

function refuseDocker(members: TreeMap): void {
  const docker = members.get('docker');
  if (docker === undefined) return;
  throw mistake(
    docker.keyAt ?? docker.at,
    'images of docker are not supported yet',
    'Remove `docker`, and push the source of the app.',
  );
}
