import { type AuditEvent, apiTime } from '#contract/api/resources.ts';
import type { EventRecord } from '../events.ts';
import type { Setup } from '../setup.ts';
import { linksAt } from './links.ts';

export function eventView(event: EventRecord, { space, organization }: Setup, base: string): AuditEvent {
  const at = apiTime(new Date(event.createdAt));
  return {
    guid: event.guid,
    created_at: at,
    updated_at: at,
    type: event.type,
    actor: { ...event.actor },
    target: { ...event.target },
    data: { ...event.data },
    space: { guid: space.guid },
    organization: { guid: organization.guid },
    links: linksAt(base, { self: `/v3/audit_events/${event.guid}` }),
  };
}
