/** What the commands that start and stop take. */
export interface StateInput {
  readonly name: string;
  /** Whether to wait until it is true. */
  readonly wait: boolean;
  readonly json: boolean;
}
