import { apiTime, type Sidecar } from '#contract/api/resources.ts';
import type { AppRecord, SidecarRecord } from '../records.ts';
import { to } from './links.ts';

export function sidecarView({ guid: app }: Pick<AppRecord, 'guid'>, sidecar: SidecarRecord): Sidecar {
  const { guid, name, command, processTypes, memoryMb, origin } = sidecar;
  return {
    guid,
    created_at: apiTime(new Date(sidecar.createdAt)),
    updated_at: apiTime(new Date(sidecar.updatedAt)),
    name,
    command,
    process_types: [...processTypes],
    memory_in_mb: memoryMb,
    origin,
    relationships: { app: to(app) },
  };
}
