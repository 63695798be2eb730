import type { App, Space } from '#contract/api/resources.ts';
import { ApiClient } from '../api-client.ts';
import { viewOf } from '../app/app-view.ts';
import { deploy } from '../app/deploy.ts';
import { lookUpApp } from '../app/find-app.ts';
import { reportApp } from '../app/report-app.ts';
import { type StrategyInput, strategyIn } from '../app/state-input.ts';
import type { Cli } from '../cli.ts';
import { LogReader } from '../log-reader.ts';
import { applyManifest, ownSpace, recordedApp, uploadPackage } from '../push/push-app.ts';
import { type PushInput, type PushPlan, planPush } from '../push/push-plan.ts';
import { type PushSource, pushSource } from '../push/push-source.ts';
import { runPrePush } from '../push/run-hooks.ts';
import { surroundingsOf } from '../push/surroundings.ts';
import { Interrupted } from '../world.ts';

interface Input extends PushInput, StrategyInput {
  readonly start: boolean;
  readonly wait: boolean;
  readonly watch: boolean;
  readonly json: boolean;
}

/** How far a push has come: what is left when it is interrupted there. */
const leftovers = {
  nothing: () => 'Stopped before anything was changed.',
  settings: (name: string) =>
    `Stopped. The settings of ${name} are stored, its files are not uploaded; what ran before keeps running.`,
  bits: (name: string) => `Stopped. The files of ${name} are uploaded but not in use; what ran before keeps running.`,
  version: (name: string) =>
    `Stopped waiting. The platform goes on starting the new version of ${name}; \`localpaas app ${name}\` shows how it goes.`,
} as const;

export async function run(cli: Cli, input: Input): Promise<void> {
  if (input.watch) {
    const { refuseWithoutStart, watchApp } = await import('#cli/watch/watch-app.ts');
    refuseWithoutStart(input);
    await watchApp(cli, {
      ...input,
      reload: false,
      sync: false,
      poll: false,
      delay: undefined,
      logs: true,
      verbose: false,
      takeOver: false,
    });
    return;
  }
  const target = targetOf(cli);
  const { plans, remarks } = await planPush(input, surroundingsOf(cli));
  for (const remark of remarks) cli.progress.warn(remark);
  const reached: Reached = { at: 'nothing', name: plans.map(({ name }) => name).join(', ') };
  try {
    await runHooks(cli, plans, target);
    const sources = plans.map((plan) => ({ plan, source: pushSource(plan.path, plan.ignores) }));
    await pushAll(cli, input, sources, { target, reached });
  } catch (error) {
    const { reason } = cli.signal;
    throw cli.signal.aborted && reason instanceof Interrupted
      ? reason.saying(leftovers[reached.at](reached.name))
      : error;
  }
}

interface Target {
  readonly api: Promise<ApiClient>;
  readonly space: Promise<Space>;
}

/** The platform answers while the folder is looked at. What goes wrong with it is told to who waits for it. */
function targetOf(cli: Cli): Target {
  const api = ApiClient.open(cli);
  const space = api.then(ownSpace);
  space.catch(() => {});
  return { api, space };
}

interface Reached {
  at: keyof typeof leftovers;
  /** The app that is at work, or all of them. */
  name: string;
}

interface Pushed {
  readonly plan: PushPlan;
  readonly source: PushSource;
}

async function runHooks(cli: Cli, plans: readonly PushPlan[], target: Target): Promise<void> {
  const hooked = plans.filter(({ prePush }) => prePush.length > 0);
  if (hooked.length === 0) return;
  const api = await target.api;
  for (const plan of hooked) {
    const isThere = (await lookUpApp(api, plan.name)) !== undefined;
    await runPrePush(cli, plan, isThere ? 'update' : 'create');
  }
}

/** One manifest for all, then one app after the other: the first that fails leaves the rest as they are. */
async function pushAll(
  cli: Cli,
  input: Input,
  all: readonly Pushed[],
  { target, reached }: { target: Target; reached: Reached },
): Promise<void> {
  const api = await target.api;
  for (const { plan } of all) cli.progress.step(`Pushing ${plan.name} from ${plan.path}`);
  const onStored = () => {
    reached.at = 'settings';
  };
  await applyManifest(
    cli,
    api,
    all.map(({ plan }) => plan),
    { space: target.space, onStored },
  );
  const views: unknown[] = [];
  for (const [index, each] of all.entries()) {
    const app = await push(cli, api, { input, ...each, reached });
    if (index > 0 && !input.json) cli.out.line();
    if (all.length > 1 && input.json) views.push(await viewOf(api, app.guid));
    else await reportApp(cli, api, app, { json: input.json, next: nextStepsFor(each.plan.name, input) });
  }
  if (views.length > 0) cli.out.json(views);
}

interface Push extends Pushed {
  readonly input: Input;
  readonly reached: Reached;
}

async function push(cli: Cli, api: ApiClient, { input, plan, source, reached }: Push): Promise<App> {
  const app = await recordedApp(api, plan.name);
  reached.name = plan.name;
  reached.at = 'settings';
  const log = new LogReader(api, app.guid).mark();
  const packageGuid = await uploadPackage(cli, api, app, { source });
  reached.at = 'bits';
  if (input.start) {
    const onStarting = () => {
      reached.at = 'version';
    };
    const strategy = strategyIn(input);
    await deploy(cli, api, app, packageGuid, { wait: input.wait, strategy, log, onStarting });
  } else await log.settle();
  cli.progress.end();
  return app;
}

function nextStepsFor(name: string, { start, wait }: Input): (readonly [string, string])[] {
  if (!start) return [[`localpaas start ${name}`, 'stage and start it']];
  if (!wait) return [[`localpaas app ${name}`, 'whether it runs by now']];
  return [
    [`localpaas logs ${name}`, 'what it prints'],
    [`localpaas scale ${name} -i 2`, 'more of it'],
  ];
}
