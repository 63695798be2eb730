import { ActionableError, messageOf, systemCodeOf } from '#ground/errors.ts';
import { BuilderFailure, type exitCodes } from './failure.ts';
import { ScriptFailure } from './run-script.ts';
import { YamlMistake } from './yaml-reading.ts';

/**
 * Puts Diego's texts before what went wrong. Anything that no buildpack and no machine can be blamed for (an abort, a bug)
 * passes unchanged.
 */
export function failed(phase: keyof typeof exitCodes, error: unknown, ...prefixes: readonly string[]): unknown {
  const isKnown = [BuilderFailure, ScriptFailure, YamlMistake, ActionableError].some((kind) => error instanceof kind);
  if (!isKnown && systemCodeOf(error) === undefined) return error;
  if (error instanceof Error && error.name === 'AbortError') return error;
  const message = error instanceof Error && !(error instanceof ActionableError) ? error.message : messageOf(error);
  const { remedy } = error as { readonly remedy?: string };
  return new BuilderFailure(phase, [...prefixes, message].join(': '), { cause: error, remedy });
}
