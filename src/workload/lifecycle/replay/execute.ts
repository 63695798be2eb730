import { ActionableError } from '#ground/errors.ts';
import type { Action, Download, Run, Upload } from './action.ts';

/** What the actions at the ends of the tree do, and who is told. */
export interface Effects {
  download(download: Download, signal: AbortSignal): Promise<void>;
  upload(upload: Upload, signal: AbortSignal): Promise<void>;
  run(run: Run, signal: AbortSignal): Promise<void>;
  tell(message: string): void;
  /** Something failed that the recording only tries. */
  forgive(error: unknown): void;
}

/** Carries out a tree of actions as Diego's cells do. @throws what an effect throws; the signal's reason when it aborts */
export async function execute(action: Action, effects: Effects, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  switch (action.kind) {
    case 'download':
      return effects.download(action.download, signal);
    case 'upload':
      return effects.upload(action.upload, signal);
    case 'run':
      return effects.run(action.run, signal);
    case 'timeout':
      return limited(action, effects, signal);
    case 'emit_progress':
      return told(action, effects, signal);
    case 'try':
      return execute(action.action, effects, signal).catch((error: unknown) => {
        signal.throwIfAborted();
        effects.forgive(error);
      });
    case 'serial':
      for (const each of action.actions) await execute(each, effects, signal);
      return;
    default:
      return together(action.actions, effects, signal);
  }
}

type OfKind<Kind> = Extract<Action, { kind: Kind }>;

async function limited({ action, limitMs }: OfKind<'timeout'>, effects: Effects, signal: AbortSignal): Promise<void> {
  if (limitMs <= 0) return execute(action, effects, signal);
  const late = AbortSignal.timeout(limitMs);
  try {
    await execute(action, effects, AbortSignal.any([signal, late]));
  } catch (error) {
    signal.throwIfAborted();
    if (!late.aborted) throw error;
    const message = `It took longer than the ${limitMs / 1_000} s that the recording grants.`;
    throw new ActionableError('STAGING_FAILED', message, 'Change `timeout_ms` in the recording.', { cause: error });
  }
}

async function told(action: OfKind<'emit_progress'>, effects: Effects, signal: AbortSignal): Promise<void> {
  if (action.start !== '') effects.tell(action.start);
  try {
    await execute(action.action, effects, signal);
  } catch (error) {
    if (action.failure !== '' && !signal.aborted) effects.tell(action.failure);
    throw error;
  }
}

/** The first that fails ends the others, which are awaited all the same. */
async function together(actions: readonly Action[], effects: Effects, signal: AbortSignal): Promise<void> {
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const work = actions.map((each) =>
    execute(each, effects, either).catch((error: unknown) => {
      stop.abort(error);
      throw error;
    }),
  );
  await Promise.allSettled(work);
  signal.throwIfAborted();
  if (stop.signal.aborted) throw stop.signal.reason;
}
