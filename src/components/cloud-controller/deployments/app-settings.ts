import type { AppRecord } from '../records.ts';

/** The part of an app that a deployment changes. */
export type AppSettings = Pick<AppRecord, 'currentDroplet' | 'environment' | 'processes' | 'annotations'> &
  Partial<Pick<AppRecord, 'sidecars' | 'revision' | 'version'>>;

export function settingsOf(app: AppRecord): AppSettings {
  const { currentDroplet, environment, processes, annotations, sidecars, revision, version } = app;
  return {
    currentDroplet,
    environment,
    processes,
    annotations,
    ...(sidecars === undefined ? {} : { sidecars }),
    ...(revision === undefined ? {} : { revision }),
    ...(version === undefined ? {} : { version }),
  };
}

/** The app with other settings; what somebody else changed since it was `from` stays as they want it. */
export function withSettings(app: AppRecord, from: AppSettings, to: AppSettings): AppRecord {
  const isUntouched = (part: keyof AppSettings) => JSON.stringify(app[part]) === JSON.stringify(from[part]);
  const { sidecars, revision: _, version: __, ...rest } = app;
  const nextSidecars = isUntouched('sidecars') ? to.sidecars : sidecars;
  return {
    ...rest,
    currentDroplet: isUntouched('currentDroplet') ? to.currentDroplet : app.currentDroplet,
    environment: isUntouched('environment') ? to.environment : app.environment,
    annotations: isUntouched('annotations') ? to.annotations : app.annotations,
    processes: processesOf(app, from, to),
    ...(nextSidecars === undefined ? {} : { sidecars: nextSidecars }),
    ...(to.revision === undefined ? {} : { revision: to.revision }),
    ...(to.version === undefined ? {} : { version: to.version }),
  };
}

/** The processes of `to`, each of them as it is now where somebody changed it. */
function processesOf({ processes }: AppRecord, from: AppSettings, to: AppSettings): AppRecord['processes'] {
  return to.processes.map((process) => {
    const now = processes.find(({ type }) => type === process.type);
    const before = from.processes.find(({ type }) => type === process.type);
    return now === undefined || JSON.stringify(now) === JSON.stringify(before) ? process : now;
  });
}
