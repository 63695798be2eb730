import { parseGoFlags } from '../go-flags.ts';

/** How the check goes on after the first time. */
export type Mode =
  | { readonly kind: 'once' }
  /** Until it is well, for so long. */
  | { readonly kind: 'startup'; readonly everyMs: number; readonly limitMs: number }
  /** Until it is not well any more. */
  | { readonly kind: 'liveness' | 'readiness'; readonly everyMs: number }
  /** Until it is well, however long it takes. */
  | { readonly kind: 'until-ready'; readonly everyMs: number };

export interface HealthcheckOptions {
  readonly port: string;
  readonly uri: string;
  readonly network: string;
  readonly timeoutMs: number;
  readonly mode: Mode;
  /** Fail where there is no address but loopback. */
  readonly strict: boolean;
}

const strict = { type: 'bool', default: false, usage: 'fail when the machine has no address but loopback' } as const;

const flags = {
  port: { type: 'string', default: '8080', usage: 'port to ask' },
  uri: { type: 'string', default: '', usage: 'page to ask for; without one a connection is enough' },
  network: { type: 'string', default: 'tcp', usage: 'kind of network; only tcp is known here' },
  timeout: { type: 'duration', default: 1_000, usage: 'how long an answer may take' },
  'startup-interval': { type: 'duration', default: 0, usage: 'ask so often until it is well' },
  'startup-timeout': { type: 'duration', default: 60_000, usage: 'with -startup-interval: how long; 0 is for ever' },
  'liveness-interval': { type: 'duration', default: 0, usage: 'ask so often until it is not well any more' },
  'readiness-interval': { type: 'duration', default: 0, usage: 'the same, for who takes requests' },
  'until-ready-interval': { type: 'duration', default: 0, usage: 'ask so often until it is well, without limit' },
  'strict-diego': strict,
  strictDiego: strict,
} as const;

/** @throws GoFlagsEnd */
export function readHealthcheckOptions(args: readonly string[]): HealthcheckOptions {
  const { values } = parseGoFlags('healthcheck', flags, args);
  return {
    port: values.port,
    uri: values.uri,
    network: values.network,
    timeoutMs: values.timeout,
    mode: modeOf(values),
    strict: values['strict-diego'] || values.strictDiego,
  };
}

function modeOf(values: ReturnType<typeof parseGoFlags<typeof flags>>['values']): Mode {
  const startup = values['startup-interval'];
  if (startup > 0) return { kind: 'startup', everyMs: startup, limitMs: values['startup-timeout'] };
  const untilReady = values['until-ready-interval'];
  if (untilReady > 0) return { kind: 'until-ready', everyMs: untilReady };
  for (const kind of ['liveness', 'readiness'] as const) {
    const everyMs = values[`${kind}-interval`];
    if (everyMs > 0) return { kind, everyMs };
  }
  return { kind: 'once' };
}
