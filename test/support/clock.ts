import type { Scope } from './spec.ts';

/** Sets the clock of this process forward, or back, for the time of a test: as the network sets that of a board. */
export function setClock(scope: Scope, byMs: number): void {
  const before = Date.now;
  Date.now = () => before() + byMs;
  scope.defer(() => {
    Date.now = before;
  });
}
