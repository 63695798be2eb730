import type { Endpoint, Route } from './route-table.ts';

export type Balance = 'round-robin' | 'least-connections';

/** What one request wants, and has found out. */
export interface Wish {
  /** The `privateInstanceId` it wants to return to. */
  readonly stickyId?: string | undefined;
  readonly tried: readonly Endpoint[];
  readonly balance?: Balance;
}

/**
 * The endpoint for the next request: the one with `stickyId` if it can be had, else each in turn, or the one that answers
 * fewest requests now. Those that are left out come last, for they may be back; those that rest, or are in `tried`, never.
 */
export function pickEndpoint(route: Route, wish: Wish): Endpoint | undefined {
  return stickyOne(route, wish) ?? nextOne(route, wish) ?? leftOutOne(route, wish);
}

function stickyOne(route: Route, wish: Wish): Endpoint | undefined {
  if (wish.stickyId === undefined) return undefined;
  const own = route.endpoints.find((each) => each.privateInstanceId === wish.stickyId);
  return own !== undefined && isEligible(own, wish) ? own : undefined;
}

function nextOne(route: Route, wish: Wish): Endpoint | undefined {
  const count = route.endpoints.length;
  let best: Endpoint | undefined;
  let next = route.turn;
  for (let step = 0; step < count; step += 1) {
    const at = (route.turn + step) % count;
    const endpoint = route.endpoints[at];
    if (endpoint === undefined || !isEligible(endpoint, wish)) continue;
    if (best === undefined || endpoint.active < best.active) [best, next] = [endpoint, (at + 1) % count];
    if (wish.balance !== 'least-connections') break;
  }
  route.turn = next;
  return best;
}

function leftOutOne({ endpoints }: Route, { tried }: Wish): Endpoint | undefined {
  return endpoints.find((each) => !each.isResting && !tried.includes(each));
}

function isEligible(endpoint: Endpoint, { tried }: Wish): boolean {
  return !endpoint.isLeftOut && !endpoint.isResting && !tried.includes(endpoint);
}
