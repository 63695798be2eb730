import { type Change, changeOf, type Kind } from '../torture/changes.ts';
import type { Model } from '../torture/model.ts';
import type { Random } from '../torture/random.ts';

/** What is done to apps one after the other; several of them at the same time. */
export interface Lane {
  readonly apps: readonly [string, ...string[]];
  /** One that the platform has to take. @param name makes it another one than all before */
  next(random: Random, model: Model, name: string): { readonly app: string; readonly change: Change };
}

const often: readonly [Kind, ...Kind[]] = [
  'set-env',
  'set-env',
  'unset-env',
  'scale',
  'push',
  'start',
  'stop',
  'map-route',
  'unmap-route',
];

/** Apps that are always there. */
export function laneOfResidents(apps: readonly [string, ...string[]]): Lane {
  return { apps, next: (random, model, name) => pick(random, model, { apps, kinds: often, name }) };
}

/** Apps that come and go. */
export function laneOfGuests(apps: readonly [string, ...string[]]): Lane {
  const kinds: readonly [Kind, ...Kind[]] = ['create', 'delete', 'delete', ...often];
  return { apps, next: (random, model, name) => pick(random, model, { apps, kinds, name }) };
}

/** An app that is only a record, a large one: the files of the message bus fill up, are closed and rewritten. */
export function laneOfBallast(app: string): Lane {
  return {
    apps: [app],
    next: (random, _model, name) => {
      const value = `${name} ${'x'.repeat(random.below(250_000))}`;
      return { app, change: { kind: 'set-env', key: `BALLAST_${random.below(3)}`, value, way: 'api' } };
    },
  };
}

function pick(
  random: Random,
  model: Model,
  { apps, kinds, name }: { apps: readonly [string, ...string[]]; kinds: readonly [Kind, ...Kind[]]; name: string },
) {
  for (;;) {
    const app = random.pick(apps);
    const change = changeOf(random, kinds, { app, name });
    if (model.allows(app, change)) return { app, change };
  }
}
