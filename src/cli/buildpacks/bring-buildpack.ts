import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Buildpack } from '#contract/api/resources.ts';
import { ActionableError } from '#ground/errors.ts';
import { ApiClient } from '../api-client.ts';
import type { Cli } from '../cli.ts';
import { buildpackSourceOf, sourceText } from './buildpack-source.ts';
import { buildpackViewOf } from './buildpack-view.ts';
import { type FetchedBuildpack, fetchBuildpack } from './fetch-buildpack.ts';
import { findBuildpack, lookUpBuildpack } from './find-buildpack.ts';
import { uploadBuildpack } from './upload-buildpack.ts';

const takeBackMs = 10_000;

interface Addition {
  readonly name: string;
  readonly source: string;
  readonly position: number | undefined;
  readonly disable: boolean;
  readonly json: boolean;
}

/** Adds a buildpack, or nothing at all when it cannot be had. @throws ActionableError */
export async function addBuildpack(cli: Cli, api: ApiClient, wish: Addition): Promise<void> {
  const { name, position, disable, json } = wish;
  const source = buildpackSourceOf(wish.source, cli.workingDirectory);
  if ((await lookUpBuildpack(api, name)) !== undefined) {
    throw new ActionableError(
      'TAKEN',
      `There is a buildpack named '${name}' already.`,
      `Replace it with \`localpaas buildpacks update ${name} ${wish.source}\`, or take another name.`,
    );
  }
  const added = await withFetched(cli, source, async (fetched) => {
    const common = { name, enabled: !disable };
    const created = await api.post(
      '/v3/buildpacks',
      position === undefined ? common : { ...common, position },
      Buildpack,
    );
    cli.progress.step(`Uploading ${name}`);
    try {
      return await uploadBuildpack(cli, api, created.guid, { fetched, source: sourceText(source) });
    } catch (error) {
      // What cannot be taken back shows in the list; why the upload failed is the news.
      await takeBack(cli, created.guid).catch(() => {});
      throw error;
    }
  });
  tell(
    cli,
    added,
    json,
    `${name} is added at position ${added.position}: \`localpaas push -b ${name}\` stages with it.`,
  );
}

interface Update {
  readonly name: string;
  /** From where it came when absent. */
  readonly source: string | undefined;
  readonly json: boolean;
}

/** Gives a buildpack new bits; it keeps those it has when they cannot be had. @throws ActionableError */
export async function updateBuildpack(cli: Cli, api: ApiClient, { name, json, ...wish }: Update): Promise<void> {
  const present = await findBuildpack(api, name);
  const given = wish.source ?? buildpackViewOf(present).source;
  if (given === null) {
    throw new ActionableError(
      'USAGE',
      `Where '${name}' came from is not known.`,
      `Say it: \`localpaas buildpacks update ${name} FOLDER|ZIP|ADDRESS\`.`,
    );
  }
  const source = buildpackSourceOf(given, cli.workingDirectory);
  const updated = await withFetched(cli, source, (fetched) => {
    cli.progress.step(`Uploading ${name}`);
    return uploadBuildpack(cli, api, present.guid, { fetched, source: sourceText(source) });
  });
  const { commit } = buildpackViewOf(updated);
  const what = commit === null ? sourceText(source) : `${sourceText(source)} at ${commit.slice(0, 10)}`;
  tell(cli, updated, json, `${name} is what ${what} has now. Apps get it when they are staged again.`);
}

async function withFetched<T>(
  cli: Cli,
  source: ReturnType<typeof buildpackSourceOf>,
  use: (fetched: FetchedBuildpack) => Promise<T>,
): Promise<T> {
  const scratch = await mkdtemp(join(tmpdir(), 'localpaas-buildpack-'));
  try {
    return await use(await fetchBuildpack(cli, source, scratch));
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Also when it was an interruption that ended the upload. */
async function takeBack({ home }: Cli, guid: string): Promise<void> {
  const api = await ApiClient.open({ home, signal: AbortSignal.timeout(takeBackMs) });
  (await api.exchange(`/v3/buildpacks/${guid}`, { method: 'DELETE' })).discard();
}

function tell(cli: Cli, buildpack: Buildpack, json: boolean, sentence: string): void {
  cli.progress.end();
  if (json) cli.out.json(buildpackViewOf(buildpack));
  else cli.out.line(sentence);
}
