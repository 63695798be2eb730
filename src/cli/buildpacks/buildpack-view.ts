import type { Buildpack } from '#contract/api/resources.ts';
import type { Cli } from '../cli.ts';

/** Annotations of a buildpack in which the command line keeps where it came from. */
export const annotations = { source: 'localpaas/source', commit: 'localpaas/commit' } as const;

/** A buildpack as `--json` prints it. */
export interface BuildpackView {
  readonly name: string;
  readonly position: number;
  readonly enabled: boolean;
  readonly locked: boolean;
  readonly state: Buildpack['state'];
  /** A folder, a zip or an address; null when somebody else put it there. */
  readonly source: string | null;
  /** Of a git repository. */
  readonly commit: string | null;
  readonly filename: string | null;
  readonly guid: string;
  readonly updated_at: string;
}

export function buildpackViewOf(buildpack: Buildpack): BuildpackView {
  const { name, position, enabled, locked, state, filename, guid, updated_at } = buildpack;
  const noted = buildpack.metadata?.annotations ?? {};
  return {
    name,
    position,
    enabled,
    locked,
    state,
    source: noted[annotations.source] ?? null,
    commit: noted[annotations.commit] ?? null,
    filename,
    guid,
    updated_at,
  };
}

export function printBuildpacks(cli: Cli, views: readonly BuildpackView[]): void {
  cli.out.table(
    ['position', 'name', 'enabled', 'locked', 'state', 'from'],
    views.map((view) => [
      String(view.position),
      view.name,
      view.enabled ? 'yes' : 'no',
      view.locked ? 'yes' : '',
      view.state === 'READY' ? 'ready' : 'has no bits',
      originOf(view),
    ]),
  );
}

/** Where a buildpack came from, with the commit if it is one of git. */
function originOf({ source, commit, filename }: BuildpackView): string {
  if (source === null) return filename ?? '';
  return commit === null ? source : `${source} at ${commit.slice(0, 10)}`;
}
