import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Obstacle } from './obstacle.mjs';

/** Builds dist/ unless it was built by this Node from the sources as they are now. */
export async function ensureBundle(project, { rebuild = false } = {}) {
  const dist = join(project, 'dist');
  const record = join(dist, '.built-from');
  const inputs = fingerprint(project);
  if (!rebuild && existsSync(join(dist, 'localpaas.cjs')) && readRecord(record) === inputs) return;
  console.error('Building …');
  const { build } = await import('../build.mjs');
  try {
    await build(project);
  } catch (error) {
    throw new Obstacle(`The program could not be built: ${error.message}`, 1);
  }
  writeFileSync(record, inputs);
}

/** Names, sizes and times of everything the build reads, and the Node whose code cache it writes. */
function fingerprint(project) {
  const hash = createHash('sha256').update(process.version).update(process.arch);
  const roots = ['src', 'scripts/build', 'scripts/build.mjs', 'package.json', 'package-lock.json'];
  for (const path of roots.flatMap((root) => filesBelow(join(project, root)))) {
    const { size, mtimeMs } = statSync(path);
    hash.update(`${path}\0${size}\0${mtimeMs}\n`);
  }
  return hash.digest('hex');
}

function filesBelow(path) {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .sort()
    .flatMap((name) => filesBelow(join(path, name)));
}

function readRecord(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined; // never built
  }
}
