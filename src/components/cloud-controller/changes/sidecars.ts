import { randomUUID } from 'node:crypto';
import { ApiError } from '#contract/api/errors.ts';
import type { AppRecord, DropletRecord, DropletSidecar, SidecarRecord } from '../records.ts';
import { sidecarsOf } from '../sidecars.ts';

/** What is undefined stays as it is. */
export interface SidecarChange {
  readonly name?: string | undefined;
  readonly command?: string | undefined;
  readonly processTypes?: readonly string[] | undefined;
  readonly memoryMb?: number | null | undefined;
}

const maxNameLength = 255;
const maxCommandLength = 4096;

/** The app with this sidecar, new or changed; then it is the user's. @throws ApiError 422 */
export function withSidecar(app: AppRecord, wish: SidecarChange & { readonly name: string }): AppRecord {
  const existing = app.sidecars?.find(({ name }) => name === wish.name);
  return existing === undefined ? withNewSidecar(app, wish) : withChangedSidecar(app, existing.guid, wish);
}

/** The app with one sidecar more, its last one. @throws ApiError 422 */
export function withNewSidecar(app: AppRecord, wish: SidecarChange & { readonly name: string }): AppRecord {
  const { name, command = '', processTypes = [], memoryMb = null } = wish;
  const others = app.sidecars ?? [];
  checkNameIsFree(app, name);
  const sidecar = newSidecar({ name, command, processTypes, memoryMb }, 'user');
  check(sidecar);
  return { ...app, sidecars: [...others, sidecar] };
}

/** @throws ApiError 422 */
export function withChangedSidecar(app: AppRecord, guid: string, change: SidecarChange): AppRecord {
  const sidecars = (app.sidecars ?? []).map((each) => {
    if (each.guid !== guid) return each;
    if (change.name !== undefined && change.name !== each.name) checkNameIsFree(app, change.name);
    const { name = each.name, command = each.command, processTypes = each.processTypes } = change;
    const memoryMb = change.memoryMb === undefined ? each.memoryMb : change.memoryMb;
    const next: SidecarRecord = { ...each, name, command, processTypes, memoryMb, origin: 'user' };
    check(next);
    return JSON.stringify(next) === JSON.stringify(each) ? each : { ...next, updatedAt: new Date().toISOString() };
  });
  return { ...app, sidecars };
}

/** The sidecars of an app with another droplet: those of its buildpacks are others now. The user's win by their name. */
export function withSidecarsOf(app: AppRecord, { sidecars = [] }: DropletRecord): Pick<AppRecord, 'sidecars'> {
  if (app.sidecars === undefined && sidecars.length === 0) return {};
  const before = app.sidecars ?? [];
  const own = before.filter(({ origin }) => origin === 'user');
  const brought = sidecars
    .filter(({ name }) => !own.some((each) => each.name === name))
    .map((each) => {
      const old = before.find(({ name }) => name === each.name);
      return { ...newSidecar(each, 'buildpack'), ...(old === undefined ? {} : { guid: old.guid }) };
    });
  return { sidecars: [...own, ...brought] };
}

/** A process shares its memory with what runs beside it, and needs some itself. @throws ApiError 422 */
export function checkMemoryOfSidecars(app: AppRecord): void {
  for (const { type, memoryMb } of app.processes) {
    const needed = sidecarsOf(app, type).reduce((sum, each) => sum + (each.memoryMb ?? 0), 0);
    if (needed === 0 || needed < memoryMb) continue;
    throw refused(
      `The sidecars of the process '${type}' need ${needed}M of its ${memoryMb}M, and leave it nothing: give the process more memory, or them less.`,
    );
  }
}

function newSidecar(sidecar: DropletSidecar, origin: SidecarRecord['origin']): SidecarRecord {
  const now = new Date().toISOString();
  const { name, command, processTypes, memoryMb } = sidecar;
  return { guid: randomUUID(), createdAt: now, updatedAt: now, name, command, processTypes, memoryMb, origin };
}

function checkNameIsFree({ name: app, sidecars = [] }: AppRecord, name: string): void {
  if (!sidecars.some((each) => each.name === name)) return;
  throw refused(`Sidecar with name '${name}' already exists for app '${app}'`);
}

function check({ name, command, processTypes, memoryMb }: SidecarRecord): void {
  if (name.trim() === '') throw refused("Name can't be blank");
  if (name.length > maxNameLength) throw refused(`Name is too long (maximum is ${maxNameLength} characters)`);
  // It is part of the source of log lines.
  if (/[\p{Cc}/[\]]/u.test(name)) throw refused('Name must not contain control characters, slashes or brackets');
  if (command.trim() === '') throw refused("Command can't be blank");
  if (command.length > maxCommandLength)
    throw refused(`Command is too long (maximum is ${maxCommandLength} characters)`);
  if (command.includes('\0')) throw refused('Command must not contain a NUL character');
  if (processTypes.length === 0) throw refused('Process types must have at least 1 process_type');
  if (memoryMb !== null && memoryMb < 1) throw refused('Memory in mb must be greater than 0');
}

function refused(detail: string): ApiError {
  return new ApiError('CF-UnprocessableEntity', detail);
}
