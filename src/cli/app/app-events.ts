import { AuditEvent, pageOf } from '#contract/api/resources.ts';
import type { ApiClient } from '../api-client.ts';

/** What happened to an app, the newest first. @param type `app.crash`, …; every type when absent */
export async function newestEvents(
  api: ApiClient,
  appGuid: string,
  { most, type }: { most: number; type?: string },
): Promise<AuditEvent[]> {
  const query = new URLSearchParams({
    target_guids: appGuid,
    order_by: '-created_at',
    page: '1',
    per_page: String(most),
  });
  if (type !== undefined) query.set('types', type);
  return (await api.get(`/v3/audit_events?${query}`, pageOf(AuditEvent))).resources;
}
