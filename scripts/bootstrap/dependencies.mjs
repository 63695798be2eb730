import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Obstacle } from './obstacle.mjs';

/** Installs the dependencies which package-lock.json names, unless these are installed already. */
export async function ensureDependencies(project) {
  const lock = readFileSync(join(project, 'package-lock.json'), 'utf8');
  const fingerprint = createHash('sha256').update(lock).digest('hex');
  const marker = join(project, 'node_modules', '.localpaas-installed');
  if (readOr(marker, '') === fingerprint) return;
  if (!isInstalled(project, JSON.parse(lock))) install(project);
  writeFileSync(marker, fingerprint);
}

/** Whether npm's own record of node_modules agrees with the lock file, however it was installed. */
function isInstalled(project, lock) {
  const record = readOr(join(project, 'node_modules', '.package-lock.json'), undefined);
  if (record === undefined) return false;
  const installed = JSON.parse(record).packages;
  const wanted = Object.entries(lock.packages).filter(([path]) => path !== '');
  return wanted.every(([path, { version, optional }]) => {
    if (installed[path] === undefined) return optional === true;
    return installed[path].version === version && existsSync(join(project, path));
  });
}

function install(project) {
  console.error('Installing dependencies …');
  const [npm, ...first] = npmCommand();
  const { status, error, stderr } = spawnSync(
    npm,
    [...first, 'ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'],
    { cwd: project, stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' },
  );
  if (error?.code === 'ENOENT') throw new Obstacle('npm was not found; it comes with Node: https://nodejs.org');
  if (error !== undefined) throw new Obstacle(`npm cannot be run: ${error.message}`);
  if (status === 0) return;
  throw new Obstacle(`The dependencies could not be installed; npm says:
${essenceOf(stderr)}
Check that this machine reaches the package registry (npm ping), and try again.`);
}

/** Its first lines: after what is wrong it prints how to use it. */
function essenceOf(complaint) {
  const lines = complaint.split('\n').filter((line) => !/^npm error\s*$/.test(line) && !line.startsWith('npm warn'));
  return lines.slice(0, 8).join('\n').trim().replaceAll(/^/gm, '  ');
}

/** The npm which started us, where one did. */
function npmCommand() {
  const path = process.env.npm_execpath;
  return path !== undefined && /\.[cm]?js$/.test(path) ? [process.execPath, path] : ['npm'];
}

function readOr(path, fallback) {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return fallback;
    throw error;
  }
}
