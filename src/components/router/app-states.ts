import type { AppState } from '#contract/apps.ts';
import { HostTable } from './host-table.ts';

/** What is known about the apps behind the uris, also while no instance is registered. */
export class AppStates {
  readonly #apps = new Map<string, AppState>();
  readonly #byUri = new HostTable<AppState>();

  put(state: AppState): void {
    const before = this.#apps.get(state.app);
    for (const uri of before?.uris ?? []) {
      if (this.#byUri.get(uri)?.app === state.app) this.#byUri.delete(uri);
    }
    this.#apps.delete(state.app);
    if (state.state === 'DELETED') return;
    this.#apps.set(state.app, state);
    for (const uri of state.uris) this.#byUri.set(uri, state);
  }

  /** What was told of an app last. */
  of(app: string): AppState | undefined {
    return this.#apps.get(app);
  }

  /** The app a request is meant for. @param host the Host header @param path the request's target */
  find(host: string, path: string): AppState | undefined {
    return this.#byUri.find(host, path);
  }

  /** The app that has this very uri. */
  at(uri: string): AppState | undefined {
    return this.#byUri.get(uri);
  }

  /** All apps, by name. */
  all(): AppState[] {
    return [...this.#apps.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }
}
