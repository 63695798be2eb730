import { ApiError } from '#contract/api/errors.ts';
import type { BuildpackChoice, StagingRequest } from '#contract/staging.ts';
import { isFrameworkName } from '#workload/lifecycle/frameworks.ts';
import type { Api } from '../api.ts';
import { webOf } from '../changes/app.ts';
import { inOrder } from '../changes/buildpack.ts';
import { maxOpenFiles } from '../limits.ts';
import type { AppRecord, BuildpackRecord } from '../records.ts';
import type { Store } from '../store.ts';
import { routesOf, uriOf } from '../uris.ts';
import { hostStack } from '../views/app.ts';
import { isReady } from '../views/buildpack.ts';

/** Names under which other platforms keep theirs, where ours are called otherwise. */
const otherNames: Readonly<Record<string, string>> = {
  nodejs_buildpack: 'node',
  staticfile_buildpack: 'static',
};
const systemName = /^([a-z]+)_buildpack$/;
const address = /^(?:https?|git|ssh|file):\/\/\S+$|^[\w.-]+@[\w.-]+:\S+$/;

/**
 * What is to be said of the buildpacks somebody names for an app.
 * @returns what to tell the user @throws ApiError 422 for one that cannot be used
 */
export async function checkBuildpacks({ store, operations }: Api, names: readonly string[]): Promise<string[]> {
  if (names.length > 0) await operations.buildpacksKnown();
  const only = names.length === 1;
  return names.flatMap((name) => {
    const found = recordOf(store, name);
    if (found?.enabled === false) {
      throw refused(`The buildpack '${name}' is disabled: enable it with \`localpaas buildpacks enable ${name}\`.`);
    }
    if (found !== undefined && !isReady(found)) {
      throw refused(
        `The buildpack '${name}' has no bits: upload them with \`localpaas buildpacks update ${name} PATH\`.`,
      );
    }
    if (found !== undefined || address.test(name) || (only && isFrameworkName(name))) return [];
    if (only && systemName.test(name)) return [`there is no '${name}' here: what the app is made with is detected.`];
    throw refused(`Buildpack "${name}" must be an existing admin buildpack or a valid git URI`);
  });
}

/** What a staging request says of buildpacks for an app of which no framework was chosen. */
export function lifecycleOf(
  store: Store,
  app: AppRecord,
  own: string,
): Pick<StagingRequest, 'lifecycle' | 'lifecycle_data'> {
  const common = { stack: hostStack, environment: stagingEnvironmentOf(store, app) };
  const chosen = app.lifecycle.buildpacks.flatMap((name) => choiceOf(store, name, own) ?? []);
  if (chosen.length > 0) {
    return { lifecycle: 'buildpack', lifecycle_data: { ...common, buildpacks: chosen, skip_detect: true } };
  }
  const asked = inOrder(store).filter((each) => each.enabled && isReady(each));
  const buildpacks = asked.map((each) => choiceOfRecord(each, own));
  return { lifecycle_data: { ...common, buildpacks, skip_detect: false } };
}

/** As Diego's stager had it, but for what names organizations and spaces, of which there is one; and as Stackato's. */
export function stagingEnvironmentOf(store: Store, app: AppRecord): { name: string; value: string }[] {
  const { memoryMb, diskMb } = webOf(app);
  const uris = routesOf(store, app.guid).map(uriOf);
  const application = {
    application_id: app.guid,
    application_name: app.name,
    name: app.name,
    application_uris: uris,
    uris,
    limits: { mem: memoryMb, disk: diskMb, fds: maxOpenFiles },
    users: null,
  };
  const variables = {
    VCAP_APPLICATION: JSON.stringify(application),
    VCAP_SERVICES: '{}',
    MEMORY_LIMIT: `${memoryMb}m`,
    CF_STACK: hostStack,
    STACKATO_APP_NAME: app.name,
    STACKATO_APP_NAME_UPCASE: app.name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_'),
    STACKATO_SERVICES: '{}',
  };
  return Object.entries(variables).map(([name, value]) => ({ name, value }));
}

function choiceOf(store: Store, name: string, own: string): BuildpackChoice | undefined {
  const record = recordOf(store, name);
  if (record !== undefined) return choiceOfRecord(record, own);
  return address.test(name) ? { name: 'custom', key: name, url: name } : undefined;
}

function choiceOfRecord({ guid, name, sha256 }: BuildpackRecord, own: string): BuildpackChoice {
  if (sha256 === null) return { name, key: name };
  return { name, key: `${guid}_${sha256}`, url: `${own}/staging/buildpack/${sha256}` };
}

function recordOf(store: Store, name: string): BuildpackRecord | undefined {
  const all = store.all('buildpack');
  const called = (wanted: string | undefined) => all.find((each) => each.name === wanted);
  return called(name) ?? called(otherNames[name] ?? systemName.exec(name)?.[1]);
}

function refused(detail: string): ApiError {
  return new ApiError('CF-UnprocessableEntity', detail);
}
