import { homedir } from 'node:os';
import * as v from 'valibot';
import type { Home } from '#assembly/home.ts';
import { part } from '#assembly/start-all.ts';
import { DomainName } from '#contract/hosts.ts';
import { ActionableError } from '#ground/errors.ts';
import type { LogEntry } from '#ground/log.ts';
import { reasonOf } from '#ground/reason-of.ts';
import { programVersion } from '#packaging/installation.ts';
import { isShown, vcapLogLine } from '#vcap/log-format.ts';
import { takePidFile } from '#vcap/pid-file.ts';
import type { IsolationSettings } from '#workload/sandbox/settings.ts';
import type { PartPlan, Planner } from './plan.ts';
import { routerWorkers } from './router-workers.ts';

export interface StagerPlace {
  readonly isolation: IsolationSettings;
  /** Of the platform, which scripts of apps are not to see. */
  readonly home: string;
}

/** As `stager -c stager.yml` of 2012. */
export const planStager =
  ({ isolation, home }: StagerPlace): Planner =>
  async (configFile, env) => {
    const { readStagerConfig, stager, stagerLogLine, StagerOptions, takeStagerPidFile } = await import(
      '#components/stager/index.ts'
    );
    const settings = await readStagerConfig(configFile, env);
    const given = settings?.options ?? v.parse(StagerOptions, { atStop: 'finish', logsTaskLines: true });
    const options = { ...given, ...isolation, hidden: [home] };
    const { level = 'info', file } = settings?.logging ?? {};
    return {
      part: part(stager, options),
      busUri: settings?.natsUri,
      takePidFile: settings && (() => takeStagerPidFile(settings.pidFilename)),
      logFile: file,
      line: (entry) => stagerLogLine(entry, { threshold: level, pid: process.pid }),
      remarks: settings?.secure === true ? ['secure: plugins do not get users of their own here'] : [],
    };
  };

/** As `dea -c dea.yml` of 2012. */
export const planDea: Planner = async (configFile, env) => {
  const { dea, deaLogLine, readDeaConfig, startupTextsOf } = await import('#components/dea/index.ts');
  const settings = await readDeaConfig(configFile, { ...env, HOME: env['HOME'] ?? homedir() });
  const { level = 'info', file } = settings.logging;
  return {
    part: part(dea, settings.options),
    busUri: settings.mbus,
    directory: settings.options.baseDir ?? undefined,
    canEvacuate: true,
    greeting: () => startupTextsOf(settings),
    remarks: settings.remarks,
    logFile: file,
    line: (entry) => deaLogLine(entry, { threshold: level, pid: process.pid }),
    ...pidOf(settings.pid),
  };
};

/** As `router -c router.yml` of 2012. */
export const planRouter =
  (workers: string | undefined): Planner =>
  async (configFile, env) => {
    const { readRouterConfig, RouterOptions, startRouter } = await import('#components/router/index.ts');
    const settings = await readRouterConfig(configFile, env);
    const options = settings?.options ?? v.parse(RouterOptions, {});
    const others = routerWorkers(workers, env);
    return {
      part: {
        name: 'router',
        start: (context, bus) => startRouter(context, options, undefined, { workforce: others && { ...others, bus } }),
      },
      busUri: settings?.natsUri,
      remarks: Object.entries(settings?.withoutEffect ?? {}).map(([key, why]) => `${key} changes nothing: ${why}`),
      ...logOf('router', settings?.logging),
      ...pidOf(settings?.pidFilename),
    };
  };

/** As `health_manager -c health_manager.yml` of 2012. */
export const planHealthManager: Planner = async (configFile, env) => {
  const { HealthManagerOptions, healthManager, readHealthManagerConfig } = await import(
    '#components/health-manager/index.ts'
  );
  const settings = await readHealthManagerConfig(configFile, env);
  return {
    part: part(healthManager, settings?.options ?? v.parse(HealthManagerOptions, {})),
    busUri: settings?.natsUri,
    remarks: [],
    ...logOf('healthmanager', settings?.logging),
    ...pidOf(settings?.pidFilename),
  };
};

export interface CloudControllerPlace {
  readonly domain: string | undefined;
  /** Of a router that does not say where it answers. */
  readonly router: string | undefined;
  /** A directory of its own. */
  readonly store: string | undefined;
  /** Whose command line is to be logged in. */
  readonly home: Home;
}

/**
 * Ours, which has no file of 2012 to be configured with. What it keeps is on the bus, which has to have JetStream; its API
 * is reached through a router.
 */
export const planCloudController =
  ({ domain, router, store, home }: CloudControllerPlace): Planner =>
  async () => {
    const [{ CloudControllerOptions }, { loneCloudController }] = await Promise.all([
      import('#components/cloud-controller/index.ts'),
      import('#assembly/lone-cloud-controller.ts'),
    ]);
    const options = v.safeParse(CloudControllerOptions, { domain, version: programVersion(), home: home.path });
    if (!options.success) throw badDomain('cloud-controller', reasonOf(options.issues));
    const routerUrl = router === undefined ? undefined : routerUrlOf(router);
    return {
      part: loneCloudController(options.output, { home, routerUrl }),
      busUri: undefined,
      directory: store,
      remarks: [],
      ...logOf('cloud_controller'),
    };
  };

/** Ours too: it keeps what apps print, and answers who reads it. */
export const planLogCache =
  ({ domain, store }: Pick<CloudControllerPlace, 'domain' | 'store'>): Planner =>
  async () => {
    const { LogCacheOptions, logCache } = await import('#components/log-cache/index.ts');
    const checked = v.safeParse(v.optional(DomainName), domain);
    if (!checked.success) throw badDomain('log-cache', `domain: ${reasonOf(checked.issues)}`);
    return {
      part: part(logCache, v.parse(LogCacheOptions, { domain })),
      busUri: undefined,
      directory: store,
      remarks: [],
      ...logOf('log_cache'),
    };
  };

function badDomain(command: string, reason: string): ActionableError {
  return new ActionableError('USAGE', `${reason}.`, `\`localpaas help ${command}\` shows what it takes.`);
}

function routerUrlOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'http:' && url.pathname === '/') return url.origin;
  throw new ActionableError('USAGE', `--router cannot be '${text}'.`, 'Write it as http://host:port.');
}

function logOf(
  logger: string,
  { level = 'info', file }: { readonly level?: string | undefined; readonly file?: string | undefined } = {},
): Pick<PartPlan, 'line' | 'logFile'> {
  const line = (entry: LogEntry) =>
    isShown(entry.level, level) ? vcapLogLine(entry, { logger, pid: process.pid }) : undefined;
  return { line, logFile: file };
}

function pidOf(path: string | undefined): Pick<PartPlan, 'takePidFile'> {
  return { takePidFile: path === undefined ? undefined : () => takePidFile(path) };
}
