import type { Strategy } from './roll-out.ts';

/** What the commands that start and stop take. */
export interface StateInput {
  readonly name: string;
  /** Whether to wait until it is true. */
  readonly wait: boolean;
  readonly json: boolean;
}

/** What the commands take besides that replace what runs. */
export interface StrategyInput {
  readonly strategy: string | undefined;
}

export function strategyIn({ strategy }: StrategyInput): Strategy {
  return strategy === 'in-place' ? 'in-place' : 'rolling';
}
