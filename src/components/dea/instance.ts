import * as v from 'valibot';
import { ExitReason, type InstanceState } from '#contract/dea.ts';

/** Why an instance ends, and for a crash what is known about it. */
const Ending = v.object({
  reason: ExitReason,
  /** Exit status of the app, as a shell tells it: 128 + N for signal N. */
  status: v.optional(v.number()),
  /** In words for the user. */
  description: v.optional(v.string()),
});
export type Ending = v.InferOutput<typeof Ending>;
export type StopReason = Exclude<Ending['reason'], 'CRASHED'>;

/**
 * Where an instance is in its life; part of the snapshot.
 *
 * PREPARING: its files are fetched and unpacked. STARTING: its process runs, and is not ready yet. ENDING: it is being
 * ended, and some of its processes may still run. CRASHED: nothing of it runs, its files are kept for a while.
 */
export const LifeSchema = v.variant('phase', [
  v.object({ phase: v.picklist(['PREPARING', 'STARTING', 'RUNNING']), sinceMs: v.number() }),
  v.object({ phase: v.picklist(['ENDING', 'CRASHED', 'GONE']), sinceMs: v.number(), ending: Ending }),
]);
export type Life = v.InferOutput<typeof LifeSchema>;
export type Phase = Life['phase'];

export type InstanceEvent =
  | { readonly type: 'launched' }
  | { readonly type: 'ready' }
  /** It ended by itself, could not be started, or has to be ended: `ending` says which. */
  | { readonly type: 'failed'; readonly ending: Ending }
  | { readonly type: 'stopped'; readonly reason: StopReason }
  /** None of its processes is left. */
  | { readonly type: 'ended' }
  /** Nobody needs the files of the crash any more. */
  | { readonly type: 'forgotten' };

/** What the DEA does after an event, in this order. */
export type Effect =
  /** Heartbeat and route: it can be used. */
  | 'announce'
  | 'withdraw'
  /** End every process; the event `ended` follows. */
  | 'terminate'
  | 'report'
  /** Free memory and port. */
  | 'release'
  | 'remove-files';

export interface Step {
  readonly life: Life;
  readonly effects: readonly Effect[];
}

type Move = (life: Life, event: InstanceEvent, nowMs: number) => Step;

const begin = (phase: 'STARTING' | 'RUNNING', ...effects: Effect[]): Move => {
  return (_life, _event, nowMs) => ({ life: { phase, sinceMs: nowMs }, effects });
};

const end: Move = (_life, event, nowMs) => ({
  life: { phase: 'ENDING', sinceMs: nowMs, ending: endingOf(event) },
  effects: ['withdraw', 'terminate'],
});

/** A crash that is being cleaned up and is now asked to stop leaves no crash behind: nobody shall restart it. */
const forgive: Move = (life, event) => {
  const isCrash = life.phase === 'ENDING' && life.ending.reason === 'CRASHED';
  return { life: isCrash ? { ...life, ending: endingOf(event) } : life, effects: [] };
};

const settle: Move = (life, _event, nowMs) => {
  const ending = knownEndingOf(life);
  if (ending.reason === 'CRASHED') {
    return { life: { phase: 'CRASHED', sinceMs: nowMs, ending }, effects: ['release', 'report'] };
  }
  return { life: { phase: 'GONE', sinceMs: nowMs, ending }, effects: ['release', 'report', 'remove-files'] };
};

const forget: Move = (life, _event, nowMs) => ({
  life: { phase: 'GONE', sinceMs: nowMs, ending: knownEndingOf(life) },
  effects: ['remove-files'],
});

/** Every legal pair. What is not here has no effect: an exit noticed while the instance ends anyway, for example. */
const table: Readonly<Record<Phase, Partial<Readonly<Record<InstanceEvent['type'], Move>>>>> = {
  PREPARING: { launched: begin('STARTING'), failed: end, stopped: end },
  STARTING: { ready: begin('RUNNING', 'announce'), failed: end, stopped: end },
  RUNNING: { failed: end, stopped: end },
  ENDING: { stopped: forgive, ended: settle },
  CRASHED: { stopped: forget, forgotten: forget },
  GONE: {},
};

/** What an event does to an instance, or `undefined` when it does nothing. */
export function next(life: Life, event: InstanceEvent, nowMs: number): Step | undefined {
  return table[life.phase][event.type]?.(life, event, nowMs);
}

function knownEndingOf(life: Life): Ending {
  return 'ending' in life ? life.ending : { reason: 'STOPPED' };
}

function endingOf(event: InstanceEvent): Ending {
  if (event.type === 'failed') return event.ending;
  return { reason: event.type === 'stopped' ? event.reason : 'STOPPED' };
}

/** Whether it holds memory and a port. */
export function isLive({ phase }: Life): boolean {
  return phase !== 'CRASHED' && phase !== 'GONE';
}

/** The state as the wire knows it. An instance on its way out counts as stopped: it takes no requests any more. */
export function stateOf({ phase }: Life): InstanceState {
  switch (phase) {
    case 'PREPARING':
    case 'STARTING':
      return 'STARTING';
    case 'RUNNING':
    case 'CRASHED':
      return phase;
    default:
      return 'STOPPED';
  }
}
