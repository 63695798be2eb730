import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Obstacle } from './obstacle.mjs';

/**
 * Sees to it that there is a nats-server. The program looks closer when it starts; here it is enough that one was found
 * before, or was named by the user, because looking takes a quarter of a second of every start.
 */
export async function ensureNatsServer(project, { look = false } = {}) {
  const isNamed = Boolean(process.env.LOCALPAAS_NATS_SERVER);
  if (!look && (isNamed || wasFound(join(project, '.cache', 'nats-server')))) return;
  const { status } = spawnSync(process.execPath, ['--import', 'tsx', join(project, 'scripts', 'nats-server.ts')], {
    cwd: project,
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0) throw new Obstacle('There is no nats-server to start localpaas with.');
}

function wasFound(directory) {
  const kept = readRecord(join(directory, 'kept.json'));
  if (kept !== undefined && existsSync(join(directory, String(kept.file)))) return true;
  return Object.keys(readRecord(join(directory, 'seen.json')) ?? {}).some((path) => existsSync(path));
}

function readRecord(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined; // not there or damaged: looking finds it out again
  }
}
