// npm can write lock files that do not say where a package comes from (omit-lockfile-registry-resolved). It then asks
// the registry about each, and without a network fails though its cache has them all. So say where: the address follows
// from the name and the version.
//
//     node fill-lock.cjs LOCK_FILE REGISTRY
'use strict';

const { readFileSync, writeFileSync } = require('node:fs');

const [file, registry] = process.argv.slice(2);
const lock = JSON.parse(readFileSync(file, 'utf8'));
let filled = 0;
for (const [path, entry] of Object.entries(lock.packages ?? {})) {
  if (!path.includes('node_modules/') || entry.resolved || entry.link || !entry.version || !entry.integrity) continue;
  const name = entry.name ?? path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
  entry.resolved = `${registry.replace(/\/*$/, '/')}${name}/-/${name.split('/').pop()}-${entry.version}.tgz`;
  filled += 1;
}
if (filled > 0) writeFileSync(file, `${JSON.stringify(lock, undefined, 2)}\n`);
