/** Why a task failed, in words for whoever asked for it. */
export class TaskFailure extends Error {
  /** Whether it also stands in the reply's `task_log`, as the originals did it for some failures. */
  readonly isLogged: boolean;

  constructor(message: string, { isLogged, ...options }: { isLogged: boolean } & ErrorOptions) {
    super(message, options);
    this.isLogged = isLogged;
  }
}
