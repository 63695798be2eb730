/** Routes as manifests before `routes:` told them: hosts, and domains. */

const oldWords = ['host', 'hosts', 'subdomain', 'domain', 'domains', 'no-hostname'] as const;

type Values = Readonly<Record<string, unknown>>;

/**
 * Every host with every domain becomes a route. A host that is not named is the app's name; `no-route` counts more than
 * all of these.
 */
export function routesOfOldWords(
  values: Values,
  name: string | undefined,
  domain: string,
): { attributes: Values; remarks: readonly string[] } {
  const rest = Object.fromEntries(
    Object.entries(values).filter(([key]) => !(oldWords as readonly string[]).includes(key)),
  );
  if (rest['no-route'] === true) return withoutRoutes(rest);
  if (!oldWords.some((word) => values[word] !== undefined)) return { attributes: rest, remarks: [] };
  const hosts = [values['host'], values['subdomain'], values['hosts']].flat().filter(isText);
  const domains = [values['domain'], values['domains']].flat().filter(isText);
  const named = hosts.length > 0 ? hosts : [name].filter(isText);
  const bare = values['no-hostname'] === true ? [''] : [];
  // A random host is one name more for each domain; alone it is the platform's to choose.
  if (rest['random-route'] === true && hosts.length === 0 && domains.length === 0)
    return { attributes: rest, remarks: [] };
  const made = (bare.length > 0 ? [...hosts, ...bare] : named).flatMap((host) =>
    (domains.length > 0 ? domains : [domain]).map((each) => ({ route: host === '' ? each : `${host}.${each}` })),
  );
  const listed = Array.isArray(rest['routes']) ? rest['routes'] : [];
  return { attributes: { ...rest, routes: [...listed, ...made] }, remarks: [] };
}

function withoutRoutes(values: Values): { attributes: Values; remarks: readonly string[] } {
  const { routes, 'random-route': random, 'default-route': byDefault, ...attributes } = values;
  const others = [
    routes !== undefined && 'routes',
    random === true && 'random-route',
    byDefault === true && 'default-route',
  ];
  const said = others.filter(isText);
  const remarks = said.length === 0 ? [] : [`no-route counts more than ${said.join(' and ')}: the app gets no route.`];
  return { attributes, remarks };
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}
