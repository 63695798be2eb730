import { deaDiscover, deaStatus } from '#contract/dea.ts';
import type { Bus } from '#ground/bus.ts';
import type { Desired } from './desired.ts';
import type { KnownDeas } from './known-deas.ts';
import { discoverRequestOf } from './start-message.ts';
import { whyNoVersion } from './why-no-version.ts';

interface Search {
  readonly bus: Bus;
  readonly deas: KnownDeas;
  /** How long DEAs may take to answer. */
  readonly discoverLimitMs: number;
}

/** A DEA answers `dea.discover` within 250 ms; where none seems to have the runtime, no more than that is waited. */
const runtimeCheckMs = 300;
/** A DEA tells its status at once. */
const statusLimitMs = 300;

/** The first DEA that says it has a place for an instance, or `undefined`. */
export async function findDea(desired: Desired, { bus, deas, discoverLimitMs }: Search): Promise<string | undefined> {
  const { runtime } = desired.droplet;
  const limitMs = deas.mayHave(runtime) ? discoverLimitMs : Math.min(runtimeCheckMs, discoverLimitMs);
  const request = { ...discoverRequestOf(desired, deas.nameOf(runtime)), deas: deas.count };
  const [first] = await bus.askMany(deaDiscover, request, { limitMs, expected: 1 });
  return first?.id;
}

/** Why no DEA has a place for it, for people. */
export async function whyNoDea({ droplet, process }: Desired, search: Search): Promise<string> {
  const { runtime, runtimeConstraint } = droplet;
  const isVersion = runtimeConstraint !== undefined && search.deas.mayHave(runtime);
  const why = isVersion ? await whyNoVersion(runtime, runtimeConstraint, search) : undefined;
  if (why !== undefined) return why;
  const full = search.deas.mayHave(runtime) ? await whyFull(search) : undefined;
  return full ?? search.deas.whyNone({ runtime, memoryMb: process.memoryMb });
}

/** What DEAs say that start nothing more, whatever its size. Such a one does not advertise itself, so it may not be known. */
async function whyFull({ bus, deas }: Search): Promise<string | undefined> {
  const answers = await bus.askMany(deaStatus, null, { limitMs: statusLimitMs, expected: Math.max(1, deas.count) });
  const reasons = new Set(answers.flatMap(({ full }) => full ?? []));
  return reasons.size === 0 ? undefined : `no DEA takes more: ${[...reasons].join('; ')}`;
}
