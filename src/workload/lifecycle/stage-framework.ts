import { familyOf } from '#contract/runtimes.ts';
import type { StagingProperties } from '#contract/staging.ts';
import { AsyncDisposableStack } from '#ground/async-disposable-stack.ts';
import { ActionableError } from '#ground/errors.ts';
import { constraintFor, constraintsIn, textOf } from '#workload/runtimes/constraints.ts';
import { AppFiles } from './app-files.ts';
import { findAppSource } from './app-source.ts';
import { familyOfCommand, familyOfFramework, requireFramework } from './detect.ts';
import { type Framework, isFrameworkName, standalone } from './frameworks.ts';
import { type DropletPlan, runtimeToken } from './plan.ts';
import { platformConfigOf } from './platform-config.ts';
import { plugins } from './plugins.ts';
import { rulesOfRequest } from './request-rules.ts';
import { readManifests, readStackFiles, type StackFiles, shippedStackFiles } from './stack-files.ts';
import { type ScriptVersion, type StartHook, variablesOfRuntime } from './startup-script.ts';
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
  /** What runs in an instance before the app. */
  readonly hooks?: readonly StartHook[];
  /** Holds manifests/ and runtimes.yml; those that come with localpaas when absent. */
  readonly stacksDir?: string | undefined;
  /** Holds manifests; those of `stacksDir` when absent. */
  readonly manifestsDir?: string | undefined;
  /** PLATFORM_CONFIG, CATALINA_HOME and PATH are looked at; the process's own when absent. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

export interface StagedApp {
  readonly framework: string;
  /** As requested; when nobody chose one, the family (`ruby`). Empty for an app that needs none. */
  readonly runtime: string;
  /** The versions of the runtime that will do, by the app's files: `>=18 (package.json, engines)`. */
  readonly runtimeConstraint?: string;
  /** What `startup` runs, for people to read. */
  readonly startCommand: string;
  /** Where the app's files lie in the droplet. */
  readonly appDirectory: string;
}

/**
 * Stages an app as the framework plugins of 2012 did: its files, a `startup` and a `stop` become a droplet.
 * Starts no process and asks no network. Nothing is written when the app cannot be staged.
 * @throws ActionableError STAGING_FAILED, BAD_INPUT, in words for the app's developer
 */
export async function stageFramework({
  framework: asked = '',
  sourceDir: givenDir,
  destDir,
  properties: request,
  log = () => {},
  signal,
  moveSource = false,
  scripts = '93f6a1f',
  hooks = [],
  stacksDir,
  manifestsDir,
  env = process.env,
}: FrameworkStaging): Promise<StagedApp> {
  signal?.throwIfAborted();
  await using scope = new AsyncDisposableStack();
  const stacks = await stackFilesFor({ stacksDir, manifestsDir });
  const { cache } = await platformConfigOf(env);
  const unpackDir = `${destDir}.source`;
  const sourceDir = await findAppSource(scope, { sourceDir: givenDir, asked, unpackDir, signal });

  const files = new AppFiles(sourceDir);
  const framework = asked === 'auto' ? requireFramework(files, stacks.frameworks) : frameworkNamed(asked, stacks);
  const { runtime, family, info, environment } = runtimeFor({ framework, files, properties: request, stacks });
  const properties = { ...request, runtime_info: info };
  const constraint = isOpen(request.runtime_info.name)
    ? constraintFor(
        family,
        constraintsIn((file) => files.text(file)),
      )
    : undefined;
  const detection = rulesOfRequest(properties.framework_info.detection) ?? framework.detection;
  const plugin = plugins[framework.name];
  const planned = withVariables(plugin({ files, detection, properties, family, env, cache }), environment);
  const plan = { ...planned, startup: { ...planned.startup, hooks } };
  const mayMove = moveSource || sourceDir === unpackDir;
  await writeDroplet(plan, { sourceDir, destDir, moveSource: mayMove, scripts, log });
  return {
    framework: framework.name,
    runtime,
    ...(constraint === undefined ? {} : { runtimeConstraint: textOf(constraint) }),
    startCommand: readable(plan.startup.command, family || runtime),
    appDirectory: plan.appDirectory ?? 'app',
  };
}

function stackFilesFor({
  stacksDir,
  manifestsDir,
}: Pick<FrameworkStaging, 'stacksDir' | 'manifestsDir'>): Promise<StackFiles> {
  if (manifestsDir !== undefined) return readManifests(manifestsDir);
  return stacksDir === undefined ? shippedStackFiles() : readStackFiles(stacksDir);
}

/** @throws ActionableError STAGING_FAILED */
function frameworkNamed(asked: string, { frameworks }: StackFiles): Framework {
  const found = frameworks.find(({ name }) => name === asked);
  if (found !== undefined) return found;
  const what = asked === '' ? 'The request names no framework.' : `There is no framework '${asked}'.`;
  throw new ActionableError(
    'STAGING_FAILED',
    isFrameworkName(asked) ? `The framework '${asked}' is disabled, or its manifest is missing.` : what,
    `Known are ${frameworks.map(({ name }) => name).join(', ')}, and \`auto\`. Everything else runs with a start command: \`--command\`.`,
  );
}

interface RuntimeQuestion {
  readonly framework: Framework;
  readonly files: AppFiles;
  readonly properties: StagingProperties;
  readonly stacks: StackFiles;
}

interface RuntimeAnswer {
  readonly runtime: string;
  readonly family: string;
  /** What the request says of the runtime, completed from runtimes.yml. */
  readonly info: StagingProperties['runtime_info'];
  /** What runtimes.yml adds. What the request has of its own a DEA is told too, and sees to. */
  readonly environment: Readonly<Record<string, string>>;
}

/** @throws ActionableError STAGING_FAILED when the runtime is disabled */
function runtimeFor({ framework, files, properties, stacks }: RuntimeQuestion): RuntimeAnswer {
  const given = properties.runtime_info;
  const asked = given.name;
  if (!isOpen(asked)) {
    const entry = stacks.runtimes.get(asked);
    if (entry?.disabled === true) {
      const others = framework.runtimes.map(({ name }) => name).filter((name) => !stacks.runtimes.get(name)?.disabled);
      throw new ActionableError(
        'STAGING_FAILED',
        `The runtime '${asked}' is disabled in runtimes.yml.`,
        `For ${framework.name} there is ${others.join(', ') || 'no other one'}.`,
      );
    }
    const environment = given.environment ? {} : (entry?.environment ?? {});
    return { runtime: asked, family: familyOf(asked) ?? '', info: { ...entry, ...given }, environment };
  }
  const family =
    framework.name === standalone
      ? familyOfCommand(properties.meta?.command ?? '', files, stacks.frameworks)
      : familyOfFramework(framework);
  return { runtime: family, family, info: given, environment: {} };
}

/** Whether nobody chose a runtime. Who did, by a name of 2012, gets whatever version there is. */
function isOpen(asked: string | undefined): asked is 'auto' | undefined {
  return asked === undefined || asked === 'auto';
}

/** Those of the plugin come last: it knows what the app needs. */
function withVariables(plan: DropletPlan, environment: Readonly<Record<string, string>>): DropletPlan {
  const { startup } = plan;
  return { ...plan, startup: { ...startup, variables: { ...variablesOfRuntime(environment), ...startup.variables } } };
}

function readable(command: string, program: string): string {
  return command.replaceAll(runtimeToken, program).replace(' $NODE_ARGS', '').replace(' $@', '');
}
