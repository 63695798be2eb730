import { jsonIn } from '#ground/json-in.ts';
import type { DesiredState } from '../portable/desired-state.ts';
import type { AnyRecord } from '../stored-record.ts';
import { keyOf, partsOf } from '../stored-record.ts';
import { noEvents, type Snapshot } from './snapshot.ts';

/** The records of a snapshot that make up a desired state. Nobody has looked at their shapes. */
export function stateInSnapshot({ records }: Snapshot): DesiredState {
  const of = (kind: keyof DesiredState) =>
    records.flatMap(({ key, json }) => (partsOf(key)?.kind === kind ? [jsonIn(json)] : []));
  return {
    app: of('app'),
    route: of('route'),
    package: of('package'),
    droplet: of('droplet'),
    revision: of('revision'),
    buildpack: of('buildpack'),
  } as unknown as DesiredState;
}

/** A state that comes from elsewhere. */
export function snapshotOfState(state: DesiredState, at: Date): Snapshot {
  const { app, route, package: packages, droplet, revision, buildpack } = state;
  const entries = (kind: keyof DesiredState, records: readonly AnyRecord[]) =>
    records.map((record) => ({ key: keyOf(kind, record.guid), revision: 0, json: JSON.stringify(record) }));
  return {
    writtenAt: at.toISOString(),
    program: '',
    store: null,
    revision: 0,
    events: noEvents,
    records: [
      ...entries('app', app),
      ...entries('route', route),
      ...entries('package', packages),
      ...entries('droplet', droplet),
      ...entries('revision', revision),
      ...entries('buildpack', buildpack),
    ],
  };
}
