import type { Localpaas } from './localpaas.ts';

/** What the API says of an instance. */
interface InstanceStats {
  readonly index: number;
  readonly state: string;
  readonly pid: number;
  readonly instance_ports: { external: number }[];
}

/** The first instance of an app. */
export async function firstInstance({ ok }: Pick<Localpaas, 'ok'>, app: string): Promise<InstanceStats> {
  const found = JSON.parse(await ok(['curl', `/v3/apps?names=${app}`])) as { resources: { guid: string }[] };
  const stats = JSON.parse(await ok(['curl', `/v3/processes/${found.resources[0]?.guid}/stats`])) as {
    resources: InstanceStats[];
  };
  const [first] = stats.resources;
  if (first === undefined) throw new Error(`${app} has no instance`);
  return first;
}
