/** What stands in the way and can be removed by a person: its message says how. */
export class Obstacle extends Error {
  constructor(message, exitCode = 4) {
    super(message);
    this.exitCode = exitCode;
  }
}
