import { type App, Package, Space } from '#contract/api/resources.ts';
import { readableSize } from '#ground/bytes.ts';
import { ActionableError } from '#ground/errors.ts';
import { ApiClient } from '../api-client.ts';
import { deploy } from '../app/deploy.ts';
import { lookUpApp } from '../app/find-app.ts';
import { reportApp } from '../app/report-app.ts';
import type { Cli } from '../cli.ts';
import { awaitJob } from '../job.ts';
import { LogReader } from '../log-reader.ts';
import { type PushInput, type PushPlan, planPush } from '../push/push-plan.ts';
import { type PushSource, pushSource } from '../push/push-source.ts';
import { uploadBits } from '../push/upload-bits.ts';
import { Interrupted } from '../world.ts';

interface Input extends PushInput {
  readonly start: boolean;
  readonly wait: boolean;
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
  const plan = await planPush(input, cli.workingDirectory);
  const source = pushSource(plan.path);
  if (plan.note !== undefined) cli.progress.warn(plan.note);
  const reached = { at: 'nothing' as keyof typeof leftovers };
  try {
    await push(cli, input, { plan, source, reached });
  } catch (error) {
    const { reason } = cli.signal;
    throw cli.signal.aborted && reason instanceof Interrupted ? reason.saying(leftovers[reached.at](plan.name)) : error;
  }
}

interface Push {
  readonly plan: PushPlan;
  readonly source: PushSource;
  readonly reached: { at: keyof typeof leftovers };
}

async function push(cli: Cli, input: Input, { plan, source, reached }: Push): Promise<void> {
  const api = await ApiClient.open(cli);
  cli.progress.step(`Pushing ${plan.name} from ${plan.path}`);
  const app = await record(cli, api, plan, reached);
  const log = new LogReader(api, app.guid).mark();
  cli.progress.step(`Uploading ${sizeOf(source)}`);
  const made = await api.post(
    '/v3/packages',
    { type: 'bits', relationships: { app: { data: { guid: app.guid } } } },
    Package,
  );
  await uploadBits(cli, api, source, made.guid);
  reached.at = 'bits';
  if (input.start) {
    const onStarting = () => {
      reached.at = 'version';
    };
    await deploy(cli, api, app, made.guid, { wait: input.wait, log, onStarting });
  } else await log.settle();
  cli.progress.end();
  await reportApp(cli, api, app, { json: input.json, next: nextStepsFor(plan.name, input) });
}

/** Has the platform store what the manifest says. @returns the app, which exists then */
async function record(cli: Cli, api: ApiClient, plan: PushPlan, reached: Push['reached']): Promise<App> {
  const [space] = await api.list('/v3/spaces', Space);
  if (space === undefined) {
    throw new ActionableError(
      'API_REFUSED',
      'This platform has no space for apps.',
      'Start it anew with `localpaas up`.',
    );
  }
  const answer = await api.exchange(`/v3/spaces/${space.guid}/actions/apply_manifest`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-yaml' },
    body: JSON.stringify({ applications: [plan.attributes] }),
  });
  reached.at = 'settings';
  await awaitJob(cli, api, answer);
  const app = await lookUpApp(api, plan.name);
  if (app !== undefined) return app;
  throw new ActionableError('API_REFUSED', `${plan.name} is gone: somebody deleted it just now.`, 'Push again.');
}

function sizeOf(source: PushSource): string {
  if (source.kind === 'archive') return readableSize(source.sizeBytes);
  const files = source.files.filter(({ kind }) => kind !== 'directory').length;
  return `${files} ${files === 1 ? 'file' : 'files'}, ${readableSize(source.sizeBytes)}`;
}

function nextStepsFor(name: string, { start, wait }: Input): (readonly [string, string])[] {
  if (!start) return [[`localpaas start ${name}`, 'stage and start it']];
  if (!wait) return [[`localpaas app ${name}`, 'whether it runs by now']];
  return [
    [`localpaas logs ${name}`, 'what it prints'],
    [`localpaas scale ${name} -i 2`, 'more of it'],
  ];
}
