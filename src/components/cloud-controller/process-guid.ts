import type { AppRecord, ProcessRecord } from './records.ts';

/** A process by its guid; that of `web` is the app's own, as clients expect. On the bus each process is an app. */
export function processGuidOf(app: Pick<AppRecord, 'guid'>, { type }: Pick<ProcessRecord, 'type'>): string {
  return type === 'web' ? app.guid : `${app.guid}-${type}`;
}

/** The app and the type in the guid of a process. */
export function processIn(guid: string): { readonly app: string; readonly type: string } {
  const app = guid.slice(0, guidLength);
  return { app, type: guid.slice(guidLength + 1) || 'web' };
}

const guidLength = 36;
