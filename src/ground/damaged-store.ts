import { ActionableError } from './errors.ts';

/**
 * What a component needs is damaged in the store of the message bus's server. The component has changed nothing; whoever
 * runs that server can set the stream aside and start the component again.
 */
export class DamagedStore extends ActionableError {
  /** The stream's name. */
  readonly stream: string;
  /** What shows it, in words. */
  readonly problems: readonly string[];
  /** What could still be read, for the component that threw it. */
  readonly evidence: unknown;

  constructor(
    stream: string,
    problems: readonly string[],
    { evidence, cause }: { evidence?: unknown; cause?: unknown },
  ) {
    super(
      'START_FAILED',
      `What the message bus stores in ${stream} is damaged: ${problems.join(', ')}.`,
      'Start the whole platform with `localpaas up`: it restores what it can from its snapshots.',
      { cause },
    );
    this.name = 'DamagedStore';
    this.stream = stream;
    this.problems = problems;
    this.evidence = evidence;
  }
}
