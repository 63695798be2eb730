import { type Random, randomFrom } from './random.ts';

export type Victim = 'localpaas' | 'nats-server';
/** Which way a change is asked for. */
type Way = 'api' | 'command';

export type Change =
  | { readonly kind: 'set-env'; readonly key: string; readonly value: string; readonly way: Way }
  | { readonly kind: 'unset-env'; readonly key: string; readonly way: Way }
  | { readonly kind: 'scale'; readonly instances: number; readonly way: Way }
  | { readonly kind: 'push'; readonly version: string };

/** What happens around one kill. */
export interface Assault {
  readonly victim: Victim;
  /** From the first change to the kill, in ms. */
  readonly delayMs: number;
  /** Which app is changed, by its place; the others are to notice nothing. */
  readonly app: number;
  /** One after the other, until the kill; more than there is time for. */
  readonly changes: readonly Change[];
}

const mostDelayMs = 1_500;
const changesPerAssault = 60;
const keys = 6;
const mostInstances = 3;

/** The same assaults for the same seed. */
export function planOf(seed: number, { kills, apps }: { kills: number; apps: number }): Assault[] {
  const random = randomFrom(seed);
  return Array.from({ length: kills }, (_, kill) => ({
    victim: random.pick(['localpaas', 'nats-server']),
    // Often early: the first changes then are under way.
    delayMs: Math.floor(mostDelayMs * (random.below(1_000) / 1_000) ** 2),
    app: random.below(apps),
    changes: Array.from({ length: changesPerAssault }, (_each, index) => changeOf(random, `${kill}.${index}`)),
  }));
}

function changeOf(random: Random, name: string): Change {
  const way = random.pick<Way>(['api', 'command']);
  const key = `TORTURE_${random.below(keys)}`;
  const kind = random.pick(['set-env', 'set-env', 'set-env', 'unset-env', 'scale', 'push', 'push']);
  if (kind === 'set-env') return { kind, key, value: difficultText(random, name), way };
  if (kind === 'unset-env') return { kind, key, way };
  if (kind === 'scale') return { kind, instances: 1 + random.below(mostInstances), way };
  return { kind: 'push', version: name };
}

/** Text that is easily damaged on its way; the name in it makes each value another one. */
export function difficultText(random: Random, name: string): string {
  const texts = [
    `plain ${name}`,
    ` blanks around ${name}  `,
    `"double" 'single' \`back\` ${name}`,
    `$HOME \${PATH} $$ $(id) %PATH% #${name}`,
    `first line\nsecond\r\nthird ${name}\n`,
    `\ttab \\n \\\\ \u001b[31m ${name}`,
    `grüße 🦔 \u200b\u202e \ufeff e\u0301 ${name}`,
    `{"json": [1, "${name}", null]}`,
    `A=B=C ${name}=`,
    `-${name}`,
    `${name} ${'large '.repeat(1 + random.below(6_000))}`,
  ] as const;
  return random.pick(texts);
}
