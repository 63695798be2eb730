import { ApiError } from '#contract/api/errors.ts';
import type { Api } from '../api.ts';
import { checkTarget, ownershipOf, routeTo } from '../changes/route.ts';
import { defaultHostOf, randomHostOf } from '../names.ts';
import type { AppRecord, RouteRecord } from '../records.ts';
import { routesOf, uriOf } from '../uris.ts';
import type { AppWish } from './read-manifest.ts';

type Target = Pick<RouteRecord, 'host' | 'domain' | 'path'>;

export interface RoutePlan {
  /** To be mapped to the app, and made where they are missing. */
  readonly targets: readonly Target[];
  /** The app is to have no route at all. */
  readonly unmapOthers: boolean;
}

/** Decides which routes the apps of one manifest get. It remembers what it gave away, so two of them never get one. */
export class RoutePlanner {
  readonly #api: Api;
  readonly #random: () => number;
  /** Uri → name of the app that gets it. */
  readonly #given = new Map<string, string>();

  constructor(api: Api, random: () => number = Math.random) {
    this.#api = api;
    this.#random = random;
  }

  /** @throws ApiError 422 */
  plan(app: AppRecord, wish: AppWish): RoutePlan {
    const targets = this.#targetsFor(app, wish);
    for (const target of targets) this.#given.set(uriOf(target), wish.name);
    return { targets, unmapOthers: wish.routing === 'none' };
  }

  #targetsFor(app: AppRecord, { name, routes, routing }: AppWish): Target[] {
    const { domain } = this.#api.options;
    if (routing === 'none') return [];
    if (routing === 'asListed') return routes.map((route) => targetOf(route, domain));
    if (routesOf(this.#api.store, app.guid).length > 0) return [];
    if (routing === 'random') return [this.#randomTarget(name)];
    const target = checkTarget({ host: defaultHostOf(name), domain, path: '' });
    this.#checkIsFree(target);
    return [target];
  }

  /** Two apps may share a route when somebody says so; nobody said so here. */
  #checkIsFree(target: Target): void {
    const taken = (owner: string) =>
      new ApiError(
        'CF-UnprocessableEntity',
        `Route already exists: ${uriOf(target)} cannot be its default route. ${owner} Name another route for it, or say random-route.`,
      );
    const given = this.#given.get(uriOf(target));
    if (given !== undefined) throw taken(`It goes to app '${given}'.`);
    const existing = routeTo(this.#api.store, target);
    if (existing !== undefined && existing.destinations.length > 0) {
      throw taken(ownershipOf(this.#api.store, existing));
    }
  }

  #randomTarget(name: string): Target {
    for (;;) {
      const target = { host: randomHostOf(name, this.#random), domain: this.#api.options.domain, path: '' };
      if (!this.#given.has(uriOf(target)) && routeTo(this.#api.store, target) === undefined) return target;
    }
  }
}

/** The parts of `host.domain/path`. @throws ApiError 422 */
export function targetOf(route: string, domain: string): Target {
  const text = route.trim();
  const slash = text.indexOf('/');
  const name = (slash < 0 ? text : text.slice(0, slash)).toLowerCase();
  const path = slash < 0 ? '' : text.slice(slash);
  if (name === domain) return checkTarget({ host: '', domain, path });
  if (!name.endsWith(`.${domain}`)) {
    throw new ApiError(
      'CF-UnprocessableEntity',
      `The route '${route}' is not below this platform's domain: <host>.${domain}.`,
    );
  }
  return checkTarget({ host: name.slice(0, -domain.length - 1), domain, path: path === '/' ? '' : path });
}
