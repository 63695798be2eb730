import { appAnnotations } from '#contract/annotations.ts';
import { App } from '#contract/api/resources.ts';
import { ApiClient } from '../api-client.ts';

/** How long the platform remembers it, and how often it is told again. */
const rememberedSeconds = 90;
const repeatMs = 30_000;
const endLimitMs = 2_000;

/**
 * Lets the platform know that somebody works on an app, so that it prepares for its next version; and, where that is wanted,
 * has pages in browsers reload themselves. Disposed, it lets the platform forget.
 */
export class Attention implements AsyncDisposable {
  readonly #home: string;
  readonly #isReloading: boolean;
  #app: App | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(home: string, isReloading: boolean) {
    this.#home = home;
    this.#isReloading = isReloading;
  }

  /** To be called before the app is started. */
  async pay(api: ApiClient, app: App): Promise<void> {
    if (this.#app?.guid === app.guid) return;
    this.#app = app;
    const isReloading = app.metadata?.annotations[appAnnotations.liveReload] === 'true';
    await watch(api, app, rememberedSeconds);
    if (isReloading !== this.#isReloading) await reload(api, app, this.#isReloading);
    clearInterval(this.#timer);
    this.#timer = setInterval(() => void this.#repeat(app), repeatMs).unref();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    if (this.#app === undefined) return;
    const app = this.#app;
    try {
      const api = await ApiClient.open({ home: this.#home, signal: AbortSignal.timeout(endLimitMs) });
      await watch(api, app, 0);
      if (this.#isReloading) await reload(api, app, false);
    } catch {
      // The platform or the app is gone, or the platform forgets by itself.
    }
  }

  async #repeat(app: App): Promise<void> {
    try {
      const api = await ApiClient.open({ home: this.#home, signal: AbortSignal.timeout(endLimitMs) });
      await watch(api, app, rememberedSeconds);
    } catch {
      // The next push finds out why; without this it is only slower.
    }
  }
}

async function watch(api: ApiClient, { guid }: App, seconds: number): Promise<void> {
  const answer = await api.exchange(`/localpaas/v1/apps/${guid}/watch`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ seconds }),
  });
  answer.discard();
}

async function reload(api: ApiClient, { guid }: App, isWanted: boolean): Promise<void> {
  const annotations = { [appAnnotations.liveReload]: isWanted ? 'true' : null };
  await api.patch(`/v3/apps/${guid}`, { metadata: { annotations } }, App);
}
