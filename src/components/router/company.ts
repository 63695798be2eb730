import type { AsyncDisposableStack } from '#ground/async-disposable-stack.ts';
import type { ComponentContext } from '#ground/component.ts';
import { AccessFile } from './access-file.ts';
import { ActiveApps, tellHealthManagers } from './active-apps.ts';
import { announceRouter, askForRoutes } from './announce.ts';
import type { Doors } from './doors.ts';
import type { Address } from './handover.ts';
import type { RouterOptions } from './options.ts';
import { sumMetrics, sumVarz } from './sum-figures.ts';
import type { Figures } from './worker-message.ts';
import { WorkerTeam, type Workforce } from './worker-team.ts';

/** Whether a router is several processes behind one socket. */
export interface Company {
  /** For the first of them, which speaks for all: who does the rest. */
  readonly workforce?: Workforce | undefined;
  /** For the others. */
  readonly membership?: Membership | undefined;
}

/** What another process than the first has to do with that. */
export interface Membership {
  /** Where the socket listens. */
  readonly address: Address;
  /** How often it tells which apps were asked for; and how. */
  readonly askedEveryMs: number;
  readonly asked: (apps: readonly string[]) => void;
  /** As of AccessFileOptions. */
  readonly lines: (text: string) => void;
  readonly full: () => void;
  /** @param routes how many it knows */
  readonly introduce: (figures: () => Figures, routes: () => number) => void;
}

interface Spokesman {
  /** Of this process. */
  readonly id: string;
  readonly options: RouterOptions;
  readonly doors: Doors;
  /** Of this process. @param isWhole with all apps */
  readonly own: (isWhole: boolean) => Figures;
  readonly routes: () => number;
  readonly activeApps: ActiveApps;
  readonly accessFile: AccessFile | undefined;
}

/** Makes a router known: to everybody, or to the first of its processes. @returns the others, where there are any */
export async function introduce(
  undo: AsyncDisposableStack,
  context: ComponentContext,
  { workforce, membership }: Company,
  spokesman: Spokesman,
): Promise<WorkerTeam | undefined> {
  const { id, options, own, routes, doors } = spokesman;
  if (membership !== undefined) {
    askForRoutes(undo, context.bus, { id, address: membership.address, staleMs: options.staleMs });
    membership.introduce(() => own(true), routes);
    return undefined;
  }
  const team = workforce && undo.use(teamOf(workforce, context, spokesman));
  const { exposeAllApps: isWhole } = options;
  const all = async () => [own(true), ...((await team?.figures()) ?? [])];
  const varzOf = (each: Figures) => each.varz;
  await announceRouter(undo, context, {
    id,
    options,
    address: () => doors.address(),
    varz: async () => (team === undefined ? own(isWhole).varz : sumVarz((await all()).map(varzOf), isWhole)),
    metrics: async () => sumMetrics((await all()).map(({ metrics }) => metrics)),
  });
  return team;
}

function teamOf(
  workforce: Workforce,
  { log }: ComponentContext,
  { options, doors, routes, activeApps, accessFile }: Spokesman,
): WorkerTeam {
  return new WorkerTeam(workforce, {
    options,
    log,
    address: () => doors.address(),
    descriptor: () => doors.front.descriptor,
    uris: routes,
    asked(apps) {
      for (const app of apps) activeApps.note(app);
    },
    lines: (text) => process.stdout.write(text),
    full: () => accessFile?.turnOver(),
  });
}

/** The file that all processes write. */
export function accessFileOf(
  undo: AsyncDisposableStack,
  { log }: ComponentContext,
  { accessFile, accessFileBytes, logEveryMs }: RouterOptions,
  { membership, workforce }: Company,
): AccessFile | undefined {
  if (accessFile === undefined) return undefined;
  const { lines, full } = membership ?? {};
  const isShared = membership !== undefined || workforce !== undefined;
  const options = { path: accessFile, maxBytes: accessFileBytes, everyMs: logEveryMs, isShared, lines, full };
  return undo.use(new AccessFile(options, log));
}

/** Only the first process tells others which apps are asked for. */
export function activeAppsOf(
  { bus, log }: ComponentContext,
  { activeAppsEveryMs: everyMs }: RouterOptions,
  membership: Membership | undefined,
): ActiveApps {
  if (membership === undefined) return new ActiveApps((apps) => tellHealthManagers(bus, apps), log, everyMs);
  return new ActiveApps(membership.asked, log, Math.min(everyMs, membership.askedEveryMs));
}
