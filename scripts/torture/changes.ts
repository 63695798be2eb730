import type { Random } from './random.ts';

/** Which way a change is asked for. */
type Way = 'api' | 'command';

/** What may be done to an app. */
export type Change =
  | { readonly kind: 'set-env'; readonly key: string; readonly value: string; readonly way: Way }
  | { readonly kind: 'unset-env'; readonly key: string; readonly way: Way }
  | { readonly kind: 'scale'; readonly instances: number; readonly way: Way }
  | { readonly kind: 'push'; readonly version: string }
  | { readonly kind: 'start' | 'stop'; readonly way: Way }
  | { readonly kind: 'map-route' | 'unmap-route'; readonly host: string }
  /** An app without bits: only its record. */
  | { readonly kind: 'create' }
  | { readonly kind: 'delete'; readonly way: Way };

export type Kind = Change['kind'];

const keys = 6;
const mostInstances = 3;

/**
 * Any change of one of these kinds.
 * @param app whose it is, for the names of its routes
 * @param name stands in each value and version, and makes it another one than all before
 */
export function changeOf(
  random: Random,
  kinds: readonly [Kind, ...Kind[]],
  { app, name }: { app: string; name: string },
): Change {
  const way = random.pick<Way>(['api', 'command']);
  const key = `TORTURE_${random.below(keys)}`;
  const kind = random.pick(kinds);
  switch (kind) {
    case 'set-env':
      return { kind, key, value: difficultText(random, name), way };
    case 'unset-env':
      return { kind, key, way };
    case 'scale':
      return { kind, instances: 1 + random.below(mostInstances), way };
    case 'push':
      return { kind, version: name };
    case 'map-route':
    case 'unmap-route':
      return { kind, host: `${app}-${random.pick(['first', 'second', 'third'])}` };
    case 'create':
      return { kind };
    default:
      return { kind, way };
  }
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
