import { type AuditEvent, AuditEvent as Event } from '#contract/api/resources.ts';
import { ApiClient } from '../api-client.ts';
import { findApp } from '../app/find-app.ts';
import type { Cli } from '../cli.ts';
import { readableTime } from '../readable-time.ts';

/** As many as fit a screen or two. */
const shown = 50;

export async function run(cli: Cli, { name, json }: { readonly name: string; readonly json: boolean }): Promise<void> {
  const api = await ApiClient.open(cli);
  const app = await findApp(api, name);
  const path = `/v3/audit_events?target_guids=${app.guid}&order_by=-created_at&page=1&per_page=${shown}`;
  const events = (await api.list(path, Event)).slice(0, shown);
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

function detailsOf({ data }: AuditEvent): string {
  const { request, ...rest } = data;
  const facts = { ...rest, ...(typeof request === 'object' ? request : {}) };
  return Object.entries(facts)
    .filter(([, value]) => value !== null && value !== '')
    .map(([key, value]) => `${key}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ');
}
