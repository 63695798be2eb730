import * as v from 'valibot';
import { Droplet } from '#contract/api/resources.ts';
import { ActionableError } from '#ground/errors.ts';
import { sleep } from '#ground/wait.ts';
import { ApiClient } from '../api-client.ts';
import { isNotFound } from '../api-refusal.ts';

const retryMs = 300;

const DropletOfPackage = v.looseObject({
  ...Droplet.entries,
  links: v.looseObject({ package: v.nullish(v.looseObject({ href: v.string() })) }),
});

/**
 * Waits until a platform answers, which may be another one than before.
 * @returns whether it has the app as it was pushed last, with this package
 * @throws the signal's reason when it aborts
 */
export async function seekPlatform(
  cli: { readonly home: string; readonly signal: AbortSignal },
  { appGuid, packageGuid }: { appGuid: string | undefined; packageGuid: string | undefined },
): Promise<boolean> {
  for (;;) {
    try {
      const api = await ApiClient.open(cli);
      const droplet = await api.get(`/v3/apps/${appGuid}/droplets/current`, DropletOfPackage);
      return packageGuid !== undefined && droplet.links.package?.href.endsWith(`/${packageGuid}`) === true;
    } catch (error) {
      cli.signal.throwIfAborted();
      if (isNotFound(error)) return false;
      if (!(error instanceof ActionableError) || error.code !== 'NOBODY_ANSWERED') throw error;
    }
    await sleep(retryMs, cli.signal);
  }
}
