/** Why a task failed, in words for whoever asked for it. */
export class TaskFailure extends Error {
  /** Whether it also stands in the reply's `task_log`, as the originals did it for some failures. */
  readonly isLogged: boolean;
  /** What whoever follows the log is told: the end of the log, which is part of some messages, was just seen. */
  readonly said: string;

  constructor(
    message: string,
    { isLogged, said = message, ...options }: { isLogged: boolean; said?: string } & ErrorOptions,
  ) {
    super(message, options);
    this.isLogged = isLogged;
    this.said = said;
  }
}
