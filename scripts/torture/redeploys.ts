import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Deployment } from '#contract/api/resources.ts';
import { waitFor } from '#ground/wait.ts';
import type { Platform } from './platform.ts';
import { randomFrom } from './random.ts';
import { type Answered, Stream } from './stream.ts';

/** What is wrong with a version. */
type Defect = 'does not parse' | 'ends at once' | 'dies in its first seconds';
const defects: readonly [Defect, ...Defect[]] = ['does not parse', 'ends at once', 'dies in its first seconds'];

export interface RedeployOptions {
  readonly redeploys: number;
  /** How many of the versions are broken. */
  readonly broken: number;
  readonly seed: number;
}

export interface RedeployTally {
  requests: number;
  readonly failures: string[];
  readonly outdated: string[];
  longestMs: number;
  deployed: number;
  givenUp: number;
  /** From `push` to the first answer of the new version, in ms. */
  readonly servingMs: number[];
}

const app = 'witness';
const everyMs = 20;
const limitMs = 60_000;

/**
 * Deploys version after version of an app, some of them broken, while requests come all the time. Each must be answered
 * with 200, by the version that serves or, for a moment, the one before it.
 */
export async function redeploy(
  platform: Platform,
  scratch: string,
  { redeploys, broken, seed }: RedeployOptions,
  onProgress: (done: number, tally: RedeployTally) => void,
): Promise<RedeployTally> {
  const tally: RedeployTally = {
    requests: 0,
    failures: [],
    outdated: [],
    longestMs: 0,
    deployed: 0,
    givenUp: 0,
    servingMs: [],
  };
  const directory = join(scratch, app);
  const random = randomFrom(seed);
  await write(directory, source(0));
  await platform.ok('push', directory, '--name', app, '--memory', '64M');
  const guid = await platform.api.guidOf(app);
  /** Versions that served, in their order; the last one serves. */
  const order = [0];
  const stream = new Stream(platform.addressOf(app), everyMs, (answered) => judge(tally, order, answered));
  for (let version = 1; version <= redeploys; version += 1) {
    const defect = random.below(redeploys) < broken ? random.pick(defects) : undefined;
    await write(directory, source(version, defect));
    const startedAt = performance.now();
    await platform.ok('push', directory, '--name', app, '--no-wait');
    if (defect === undefined) {
      await stream.sees(version, limitMs);
      tally.servingMs.push(performance.now() - startedAt);
      order.push(version);
      tally.deployed += 1;
    } else {
      // Until it is given up it may answer, and then it is no answer of an old version.
      order.push(version);
      await givenUp(platform, guid);
      order.splice(order.indexOf(version), 1);
      stream.forget(version);
      tally.givenUp += 1;
    }
    onProgress(version, tally);
  }
  await stream.stop();
  return tally;
}

function judge(tally: RedeployTally, order: readonly number[], { status, version, lastKnown, tookMs }: Answered): void {
  tally.requests += 1;
  tally.longestMs = Math.max(tally.longestMs, tookMs);
  if (status !== '200' || version === undefined) {
    tally.failures.push(`${status} after ${tookMs.toFixed(0)} ms, while version ${lastKnown} served`);
    return;
  }
  const [at, expected] = [order.indexOf(version), order.indexOf(lastKnown)];
  if (at >= 0 && expected >= 0 && at < expected - 1) tally.outdated.push(`${version} while ${lastKnown} served`);
}

async function givenUp({ api }: Platform, guid: string): Promise<void> {
  const path = `/v3/deployments?app_guids=${guid}&order_by=-created_at`;
  const look = async () => {
    const newest = (await api.list(path, Deployment)).at(0);
    return newest?.status.reason === 'CANCELED' ? newest : undefined;
  };
  await waitFor('a broken version to be given up', look, { limitMs, everyMs: 50 });
}

async function write(directory: string, text: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'app.js'), text);
  await writeFile(join(directory, 'package.json'), '{ "name": "witness", "type": "commonjs" }\n');
}

function source(version: number, defect?: Defect): string {
  if (defect === 'does not parse') return `version ${version} is no program\n`;
  if (defect === 'ends at once') return 'process.exit(7);\n';
  const death = defect === undefined ? '' : 'setTimeout(() => process.exit(3), 400);\n';
  return `'use strict';
require('node:http').createServer((_, response) => response.end('${version}')).listen(process.env.PORT);
${death}`;
}
