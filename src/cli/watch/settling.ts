import * as v from 'valibot';
import type { App } from '#contract/api/resources.ts';
import { ApiClient } from '../api-client.ts';
import { stagePackage } from '../app/stage-package.ts';
import type { Cli } from '../cli.ts';
import { LogReader } from '../log-reader.ts';
import type { AppFile } from '../push/app-file.ts';
import { ContentHashes } from '../push/content-hashes.ts';
import { uploadPackage } from '../push/push-app.ts';
import type { PushSource } from '../push/push-source.ts';
import { pathsOf, type StagedVersion } from './deploy-version.ts';
import { diagnosed } from './version-failed.ts';

export type Settled =
  /** A droplet that was staged as a whole took the place of what served; nothing was restarted. */
  | { readonly outcome: 'equal'; readonly packageGuid: string }
  /** Staging makes something else of the files. */
  | { readonly outcome: 'different'; readonly differences: readonly string[] }
  /** Something else serves by now. */
  | { readonly outcome: 'stale' };

const SettleReply = v.looseObject({
  outcome: v.picklist(['equal', 'different', 'stale']),
  differences: v.array(v.string()),
});

/** Stages in the background what was put together for speed, and has the platform compare the two. */
export class Settling {
  /** Of what serves. */
  readonly #hashes: ContentHashes;
  #staged: (StagedVersion & { readonly files: readonly AppFile[] }) | undefined;

  constructor(hashes: ContentHashes) {
    this.#hashes = hashes;
  }

  /** What was staged of just these files. */
  stagedFor(files: readonly AppFile[]): StagedVersion | undefined {
    return this.#staged?.files === files ? this.#staged : undefined;
  }

  /**
   * @param proved when what serves has shown that it stays
   * @throws VersionFailed when it cannot be staged; the signal's reason
   */
  async settle(
    cli: Cli,
    app: App,
    { source, proved }: { source: PushSource; proved: Promise<void> },
  ): Promise<Settled> {
    const api = await ApiClient.open(cli);
    const log = new LogReader(api, app.guid).mark();
    try {
      const sent = new ContentHashes(this.#hashes);
      const packageGuid = await uploadPackage(cli, api, app, { source, hashes: sent });
      const files = source.kind === 'folder' ? source.files : [];
      // Saved in this very moment: it will be deployed, and then this is done again.
      if (files.some((file) => this.#hashes.of(file) !== undefined && this.#hashes.of(file) !== sent.of(file)))
        return stale;
      const { droplet, endLog } = await stagePackage(cli, api, { app, packageGuid, log });
      await endLog();
      this.#staged = { droplet, packageGuid, files };
      if (!(await isFulfilled(proved))) return stale;
      const path = `/localpaas/v1/apps/${app.guid}/actions/settle`;
      const { outcome, differences } = await api.post(path, { droplet: { guid: droplet } }, SettleReply);
      if (outcome === 'equal') return { outcome, packageGuid };
      return outcome === 'different' ? { outcome, differences } : stale;
    } catch (error) {
      cli.signal.throwIfAborted();
      throw await diagnosed(error, { api, app, log, paths: pathsOf(source) });
    }
  }
}

const stale: Settled = { outcome: 'stale' };

function isFulfilled(promise: Promise<void>): Promise<boolean> {
  return promise.then(
    () => true,
    () => false,
  );
}
