#!/usr/bin/env node
'use strict';
// Runs a bundle with the code V8 compiled when it was built, where bundle, Node and cache belong together.
const { readFileSync, statSync } = require('node:fs');
const { join } = require('node:path');
const { Script } = require('node:vm');

/** The commands that need the whole program; the build puts their names here. */
const needAll = PLATFORM_COMMANDS;
const name = needAll.length === 0 || needAll.includes(process.argv[2]) ? 'localpaas-bundle' : 'localpaas-commands';

const file = join(__dirname, `${name}.cjs`);
const source = readFileSync(file, 'latin1');
const wrapped = `(function (exports, require, module, __filename, __dirname) {${source}\n})`;
const script = new Script(wrapped, { filename: file, cachedData: cachedData() });
script.runInThisContext().call(exports, exports, require, module, file, __dirname);

/** The cache begins with a line that says what it was made from; V8 itself takes, and dies of, that of another Node. */
function cachedData() {
  try {
    const cache = readFileSync(join(__dirname, `${name}.cache`));
    const { size, mtimeMs } = statSync(process.execPath);
    const bundleId = source.slice(0, source.indexOf('\n'));
    const expected = `${bundleId} ${process.version} ${process.arch} ${size} ${mtimeMs}\n`;
    return cache.toString('latin1', 0, expected.length) === expected ? cache.subarray(expected.length) : undefined;
  } catch {
    return undefined; // no cache: the bundle is compiled as any other script
  }
}
