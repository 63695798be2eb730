import { access, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ActionableError, messageOf } from '#ground/errors.ts';
import { isolationFor, openStagingSandbox, type Sandbox } from '#workload/sandbox/index.ts';
import { BuilderFailure, type BuilderOptions, builderOptionsOf, runBuilder } from '../builder/index.ts';
import { GoFlagsEnd } from '../go-flags.ts';
import type { Container } from './container.ts';
import { type Effects, execute } from './execute.ts';
import { type KeptDroplet, keepDroplet, readResult } from './kept-droplet.ts';
import type { Recording } from './recording.ts';
import {
  containerVariables,
  downloadsIn,
  fetchDependencies,
  fetchInto,
  inContainer,
  type ReplayWorld,
  wantedFor,
} from './replay.ts';
import { uploadFile } from './upload-file.ts';

interface Restaged extends KeptDroplet {
  readonly guid: string;
  readonly buildpack: string;
  /** Empty when the buildpack knows none. */
  readonly command: string;
  readonly uploads: readonly { readonly to: string; readonly error: string | null }[];
}

/**
 * Stages an app again as it was recorded, with our builder in place of the recorded one.
 * @param settings `upload`: whether what the recording uploads is uploaded; when that fails, it is only told
 * @throws ActionableError STAGING_FAILED and others; nothing is kept then
 */
export async function restageRecording(
  recording: Recording,
  world: ReplayWorld,
  { upload }: { upload: boolean },
): Promise<Restaged> {
  const downloads = downloadsIn(recording.action).map(wantedFor);
  world.files.checkAgainst([...recording.dependencies, ...downloads]);
  return inContainer(world.home, async (container) => {
    const options = optionsOf(recording, container);
    await fetchDependencies(recording, container, world);
    const uploads: { to: string; error: string | null }[] = [];
    const effects: Effects = {
      download: (download, signal) => fetchInto(wantedFor(download), container, world, signal),
      upload: async ({ artifact, from, to }, signal) => {
        if (!upload) return;
        world.step(`Uploading ${artifact || from} to ${to}`);
        const error = (await uploadFile(container.pathOf(from), to, signal)) ?? null;
        uploads.push({ to, error });
        if (error !== null) world.warn(`${artifact || from} was not uploaded to ${to}: ${error}.`);
      },
      run: async (run, signal) => {
        if (run === recording.run) await build(recording, options, { container, world, signal });
        else world.warn(`${run.path} is not run here.`);
      },
      tell: (message) => world.step(message),
      forgive: (error) => world.step(`Going on without: ${messageOf(error)}`),
    };
    await execute(recording.action, effects, world.signal);
    const guid = recording.guid || 'unnamed';
    const kept = await keepDroplet(world.home, guid, {
      droplet: options.outputDroplet,
      result: options.outputMetadata,
    });
    return { guid, ...kept, ...(await readResult(kept.result)), uploads };
  });
}

function optionsOf({ run }: Recording, container: Container): BuilderOptions {
  if (run.args.some((word) => /^--?dockerRef\b/.test(word))) {
    const message = 'The recording is of a docker image, which is looked at and not staged.';
    throw new ActionableError('BAD_INPUT', message, 'Name a log with the staging of an app.');
  }
  try {
    const recorded = builderOptionsOf(run.args);
    const { buildDir, outputDroplet, outputMetadata, outputCache, buildpacksDir, downloadDir, cacheDir } = recorded;
    const paths = { buildDir, outputDroplet, outputMetadata, outputCache, buildpacksDir, downloadDir, cacheDir };
    const mapped = Object.entries(paths).map(([name, path]) => [name, container.pathOf(path)]);
    return { ...recorded, ...(Object.fromEntries(mapped) as typeof paths) };
  } catch (error) {
    const isMistake = error instanceof GoFlagsEnd || (error instanceof BuilderFailure && error.exitCode === 1);
    if (!isMistake) throw error;
    const [what = ''] = error.message.split('\n');
    throw new ActionableError(
      'BAD_INPUT',
      `The recorded builder was called with something it does not know: ${what}.`,
      'Take that argument out of the recording.',
      { cause: error },
    );
  }
}

interface Place {
  readonly container: Container;
  readonly world: ReplayWorld;
  readonly signal: AbortSignal;
}

async function build(recording: Recording, options: BuilderOptions, { container, world, signal }: Place) {
  await access(options.buildDir).catch((cause: unknown) => {
    const message = `The recording does not say where the files of the app come from: nothing is downloaded to ${recording.run.args.find((each) => each.includes('buildDir=')) ?? '/tmp/app'}.`;
    throw new ActionableError('BAD_INPUT', message, 'Take the whole definition, not the run action alone.', { cause });
  });
  for (const directory of [options.buildpacksDir, options.cacheDir]) await mkdir(directory, { recursive: true });
  await using sandbox = await openSandbox(container, world);
  try {
    await runBuilder(options, {
      sandbox,
      env: {
        ...containerVariables(container, world.env),
        ...container.variablesOf(recording.env),
        ...container.variablesOf(recording.run.env),
      },
      cwd: recording.run.dir === '' ? container.home : container.pathOf(recording.run.dir),
      out: (text) => world.out(text),
      err: (text) => world.err(text),
      signal,
    });
  } catch (error) {
    if (!(error instanceof BuilderFailure)) throw error;
    throw new ActionableError(
      'STAGING_FAILED',
      `Staging failed: the builder ended with ${error.exitCode}: ${error.message}`,
      error.remedy ?? 'What the buildpack printed before says why.',
      { cause: error },
    );
  }
}

/** What the scripts see as /tmp and /home/vcap is the container's; the rest of the machine they can only read. */
async function openSandbox({ root, home, tmp }: Container, world: ReplayWorld): Promise<Sandbox | undefined> {
  const found = await isolationFor(world.isolation);
  if (found.level === 0) return undefined;
  return openStagingSandbox(found, {
    directory: join(root, 'sandbox'),
    work: [home, tmp],
    home,
    tmp,
    hidden: [world.home],
    readable: [],
    variables: { PATH: world.env['PATH'] },
  });
}
