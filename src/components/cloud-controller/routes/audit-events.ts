import type { Routes } from '#ground/http-server.ts';
import type { Api } from '../api.ts';
import type { EventRecord } from '../events.ts';
import { eventView } from '../views/event.ts';
import { baseOf } from './address.ts';
import { notFound, param } from './find.ts';
import { type Listing, listReply, oneOf } from './list.ts';

/** What happened to apps. */
export function auditEventRoutes(routes: Routes, { events, setup }: Api): void {
  const listing: Listing<EventRecord> = {
    filters: {
      types: oneOf(({ type }) => type),
      target_guids: oneOf(({ target }) => target.guid),
      space_guids: oneOf(() => setup.space.guid),
      organization_guids: oneOf(() => setup.organization.guid),
    },
    orders: { created_at: ({ createdAt }) => createdAt, updated_at: ({ createdAt }) => createdAt },
    present: (event, base) => eventView(event, setup, base),
  };
  routes.on('GET', '/v3/audit_events', (request) => listReply(request, events.all(), listing));
  routes.on('GET', '/v3/audit_events/:guid', (request) => {
    const event = events.all().find(({ guid }) => guid === param(request, 'guid'));
    if (event === undefined) throw notFound('Event');
    return { status: 200, body: eventView(event, setup, baseOf(request)) };
  });
}
