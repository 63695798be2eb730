// What the shell has to know of package.json, as lines `name=value`.
'use strict';

const { readFileSync } = require('node:fs');
const { join } = require('node:path');

const text = (value) => (typeof value === 'string' ? value.replace(/\s+/g, ' ').trim() : '');
const app = readPackage(join(process.argv[2], 'package.json'));
const facts = {
  node_version: process.version.slice(1),
  node_arch: process.arch,
  constraint: text(app.engines?.node),
  dependencies: Object.keys({ ...app.dependencies, ...app.optionalDependencies }).length,
  start: text(app.scripts?.start),
  needs_npm: needsNpm(app.scripts ?? {}) ? 'yes' : '',
  main: text(app.main).replace(/^\.\//, ''),
};
for (const [name, value] of Object.entries(facts)) console.log(`${name}=${value}`);

// Whether the script `start` is more than its text: npm runs others around it, and tells it about the package.
function needsNpm({ prestart, start, poststart }) {
  return Boolean(prestart || poststart) || /\bnpm_|\b(npm|npx|yarn|pnpm)\b/.test(text(start));
}

function readPackage(file) {
  let content;
  try {
    content = readFileSync(file, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return {}; // a lone server.js
    throw error;
  }
  try {
    const value = JSON.parse(content.replace(/^\uFEFF/, ''));
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) return value;
    throw new Error('it is not an object');
  } catch (error) {
    console.error(` !     package.json cannot be read: ${error.message}.`);
    console.error(' !     Correct it; `node -p "require(\'./package.json\')"` says where it is wrong.');
    process.exit(1);
  }
}
