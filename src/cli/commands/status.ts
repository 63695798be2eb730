import * as v from 'valibot';
import { homeOf, readPlatformRecord } from '#assembly/home.ts';
import { App } from '#contract/api/resources.ts';
import { readableSize } from '#ground/bytes.ts';
import { ActionableError } from '#ground/errors.ts';
import { identityOf, isAlive, processTable } from '#ground/processes.ts';
import { urlOf } from '../addresses.ts';
import { ApiClient } from '../api-client.ts';
import type { Cli } from '../cli.ts';

export interface StatusInput {
  readonly json: boolean;
}

const Info = v.looseObject({ version: v.string(), uptime: v.number() });

/** How the platform of this home is doing. Exits with 3 when none runs. */
export async function run(cli: Cli, { json }: StatusInput): Promise<number> {
  const home = homeOf(cli.home, cli.env);
  const record = await readPlatformRecord(home);
  if (record === undefined || !(await isAlive(record))) {
    throw new ActionableError(
      'NOBODY_ANSWERED',
      `No localpaas runs with the home ${home.path}.`,
      'Start one with `localpaas up`.',
    );
  }
  const api = await ApiClient.open(cli);
  const [info, apps, memory] = await Promise.all([
    api.get('/localpaas/v1/info', Info),
    api.list('/v3/apps?per_page=5000', App),
    residentBytes([record.pid, record.natsServerPid]),
  ]);
  const started = apps.filter((app) => app.state === 'STARTED').length;
  const idle = apps.filter((app) => app.state === 'STARTED' && app.idle === true).length;
  if (json) {
    const counts = { total: apps.length, started, idle };
    cli.out.json({ ...record, ...info, home: home.path, apps: counts, residentBytes: memory });
    return 0;
  }
  cli.out.facts([
    ['platform', `${info.version}, up for ${readableSpan(info.uptime)}, pid ${record.pid}`],
    ['API', record.url],
    ['apps', `${countsOf(apps.length, started, idle)}, at ${urlOf(`<name>.${record.domain}`, record)}`],
    ['message bus', `${record.bus}, pid ${record.natsServerPid}`],
    ['memory', `${readableSize(memory)} resident, nats-server included`],
    ['home', home.path],
  ]);
  return 0;
}

function countsOf(all: number, started: number, idle: number): string {
  return `${started} started${idle === 0 ? '' : ` (${idle} idle)`}, ${all - started} stopped`;
}

async function residentBytes(pids: readonly number[]): Promise<number> {
  const alive = await Promise.all(pids.map(identityOf));
  const rows = (await processTable()).filter((row) => alive.some((each) => each?.pid === row.pid));
  return rows.reduce((sum, row) => sum + row.residentBytes, 0);
}

function readableSpan(seconds: number): string {
  const units = [
    [86_400, 'd'],
    [3_600, 'h'],
    [60, 'min'],
  ] as const;
  const unit = units.find(([size]) => seconds >= size);
  return unit === undefined ? `${Math.round(seconds)} s` : `${Math.floor(seconds / unit[0])} ${unit[1]}`;
}
