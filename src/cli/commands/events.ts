import type { AuditEvent } from '#contract/api/resources.ts';
import { ApiClient } from '../api-client.ts';
import { newestEvents } from '../app/app-events.ts';
import { findApp } from '../app/find-app.ts';
import type { Cli } from '../cli.ts';
import { readableTime } from '../readable-time.ts';

/** As many as fit a screen or two. */
const shown = 50;

export async function run(cli: Cli, { name, json }: { readonly name: string; readonly json: boolean }): Promise<void> {
  const api = await ApiClient.open(cli);
  const app = await findApp(api, name);
  const events = await newestEvents(api, app.guid, { most: shown });
  if (json) {
    return cli.out.json(
      events.map(({ created_at, type, actor, data }) => ({ at: created_at, type, actor: actor.name, data })),
    );
  }
  if (events.length === 0) return cli.out.line(`Nothing is known to have happened to ${app.name}.`);
  cli.out.table(
    ['time', 'event', 'by', 'details'],
    events.map((event) => [readableTime(new Date(event.created_at)), event.type, event.actor.name, detailsOf(event)]),
  );
}

/** Ids for programs, and what the type says already. */
const unspoken = ['instance', 'version', 'reason', 'manifest_triggered'];

function detailsOf({ data }: AuditEvent): string {
  const { request, ...rest } = data;
  const facts = { ...rest, ...(typeof request === 'object' ? request : {}) };
  return Object.entries(facts)
    .filter(([key, value]) => !unspoken.includes(key) && value !== null && value !== '')
    .map(([key, value]) => `${key}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ');
}
