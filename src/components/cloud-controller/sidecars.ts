import type { AppRecord, SidecarRecord } from './records.ts';

/** What runs beside the processes of a type. */
export function sidecarsOf({ sidecars = [] }: AppRecord, type: string): SidecarRecord[] {
  return sidecars.filter(({ processTypes }) => processTypes.includes(type));
}
