import { parseGoFlags } from '../go-flags.ts';
import { BuilderFailure } from './failure.ts';
import type { BuilderOptions } from './options.ts';

/** Diego's flags, with its defaults and its words for them. */
const flags = {
  buildDir: { type: 'string', default: '/tmp/app', usage: 'directory containing raw app bits' },
  outputDroplet: {
    type: 'string',
    default: '/tmp/droplet',
    usage: 'file where compressed droplet should be written',
  },
  outputMetadata: {
    type: 'string',
    default: '/tmp/result.json',
    usage: 'directory in which to write the app metadata',
  },
  outputBuildArtifactsCache: {
    type: 'string',
    default: '/tmp/output-cache',
    usage: 'file where compressed contents of new cached build artifacts should be written',
  },
  buildpacksDir: { type: 'string', default: '/tmp/buildpacks', usage: 'directory containing the buildpacks to try' },
  buildpacksDownloadDir: {
    type: 'string',
    default: '/tmp/buildpackdownloads',
    usage: 'directory to download buildpacks to',
  },
  buildArtifactsCacheDir: {
    type: 'string',
    default: '/tmp/cache',
    usage: 'directory where previous cached build artifacts should be extracted',
  },
  buildpackOrder: {
    type: 'string',
    default: '',
    usage: 'comma-separated list of buildpacks, to be tried in order',
  },
  skipDetect: { type: 'bool', default: false, usage: 'skip buildpack detect' },
  skipCertVerify: { type: 'bool', default: false, usage: 'skip SSL certificate verification' },
  credhubConnectAttempts: {
    type: 'int',
    default: 3,
    usage: 'number of times that the credhub client will attempt to connect to credhub',
  },
  credhubRetryDelay: {
    type: 'duration',
    default: 1_000,
    usage: 'delay duration that the credhub client will wait before retrying the connection to credhub',
  },
} as const;

/** Ours; unknown to the usage text, which is the original's. */
const strictWords = /^--?strict(?:-d|D)iego(?:=(.*))?$/;

/**
 * Reads a command line of Diego's builder. `-strict-diego` may stand anywhere among the flags.
 * @throws GoFlagsEnd; BuilderFailure when a flag is empty
 */
export function builderOptionsOf(args: readonly string[]): BuilderOptions {
  const strict = args
    .map((word) => strictWords.exec(word))
    .filter((match) => match !== null)
    .at(-1);
  const { values } = parseGoFlags(
    'builder',
    flags,
    args.filter((word) => !strictWords.test(word)),
  );
  const missing = Object.entries(values).flatMap(([name, value]) => (value === '' ? [`missing flag: -${name}`] : []));
  if (missing.length > 0) throw new BuilderFailure('other', missing.sort().join(', '));
  return {
    buildDir: values.buildDir,
    outputDroplet: values.outputDroplet,
    outputMetadata: values.outputMetadata,
    outputCache: values.outputBuildArtifactsCache,
    buildpacksDir: values.buildpacksDir,
    downloadDir: values.buildpacksDownloadDir,
    cacheDir: values.buildArtifactsCacheDir,
    order: values.buildpackOrder.split(','),
    skipDetect: values.skipDetect,
    skipCertVerify: values.skipCertVerify,
    strict: strict !== undefined && !/^(?:0|f|false)$/i.test(strict[1] ?? ''),
  };
}
