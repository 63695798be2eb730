import { familyOf } from '#contract/runtimes.ts';
import type { StagingProperties } from '#contract/staging.ts';
import { ActionableError } from '#ground/errors.ts';
import { AppFiles } from './app-files.ts';
import { familyOfCommand, familyOfFramework, knownFrameworks, requireFramework } from './detect.ts';
import { type Framework, frameworkNamed } from './frameworks.ts';
import { node } from './node.ts';
import { php } from './php.ts';
import { type Plugin, runtimeToken } from './plan.ts';
import { django, wsgi } from './python.ts';
import { rack, sinatra } from './ruby.ts';
import { standalone } from './standalone.ts';
import type { ScriptVersion } from './startup-script.ts';
import { writeDroplet } from './write-droplet.ts';

export interface FrameworkStaging {
  /** `auto` finds it from the files. */
  readonly framework: string | undefined;
  /** The app's files. */
  readonly sourceDir: string;
  /** Becomes the droplet; made when missing. */
  readonly destDir: string;
  readonly properties: StagingProperties;
  /** Called for each line of the droplet's logs/staging.log, in order. */
  readonly log?: (line: string) => void;
  readonly signal?: AbortSignal;
  /** Moves the source into the droplet instead of copying it; both must be on one disk. */
  readonly moveSource?: boolean;
  readonly scripts?: ScriptVersion;
}

export interface StagedApp {
  readonly framework: string;
  /** As requested; when nobody chose one, the family (`ruby`). Empty for an app that needs none. */
  readonly runtime: string;
  /** What `startup` runs, for people to read. */
  readonly startCommand: string;
}

const plugins: Readonly<Record<string, Plugin>> = {
  rack,
  sinatra,
  php,
  django,
  wsgi,
  node,
  standalone,
};

/**
 * Stages an app as the framework plugins of 2012 did: its files, a `startup` and a `stop` become a droplet.
 * Starts no process and asks no network. Nothing is written when the app cannot be staged.
 * @throws ActionableError STAGING_FAILED, BAD_INPUT, in words for the app's developer
 */
export async function stageFramework({
  framework: asked,
  sourceDir,
  destDir,
  properties,
  log = () => {},
  signal,
  moveSource = false,
  scripts = '93f6a1f',
}: FrameworkStaging): Promise<StagedApp> {
  signal?.throwIfAborted();
  const files = new AppFiles(sourceDir);
  const framework = asked === 'auto' ? requireFramework(files) : frameworkNamed(asked ?? '');
  const name = framework?.name ?? asked ?? '';
  const plugin = Object.hasOwn(plugins, name) ? plugins[name] : undefined;
  if (plugin === undefined) throw unknown(asked);

  const { runtime, family } = runtimeFor({ framework, files, properties });
  const detection = properties.framework_info.detection ?? framework?.detection ?? [];
  const plan = plugin({ files, detection, properties, family });
  await writeDroplet(plan, { sourceDir, destDir, moveSource, scripts, log });
  return { framework: name, runtime, startCommand: readable(plan.startup.command, family || runtime) };
}

function unknown(asked: string | undefined): ActionableError {
  const what =
    asked === undefined || asked === '' ? 'The request names no framework.' : `There is no framework '${asked}'.`;
  return new ActionableError(
    'STAGING_FAILED',
    what,
    `Known are ${knownFrameworks.join(', ')}, and \`auto\`. Everything else runs with a start command: \`--command\`.`,
  );
}

interface RuntimeQuestion {
  readonly framework: Framework | undefined;
  readonly files: AppFiles;
  readonly properties: StagingProperties;
}

function runtimeFor({ framework, files, properties }: RuntimeQuestion): { runtime: string; family: string } {
  const asked = properties.runtime_info.name;
  if (asked !== undefined && asked !== 'auto') return { runtime: asked, family: familyOf(asked) ?? '' };
  const family =
    framework === undefined ? familyOfCommand(properties.meta?.command ?? '', files) : familyOfFramework(framework);
  return { runtime: family, family };
}

function readable(command: string, program: string): string {
  return command.replaceAll(runtimeToken, program).replace(' $NODE_ARGS', '').replace(' $@', '');
}
