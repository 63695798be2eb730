'use strict';
// node compile-ahead.cjs <bundle> <cache> [arguments of the program…]
// Runs the bundle exactly as loader.cjs does, and writes what V8 compiled on the way when the program exits.
const { readFileSync, statSync } = require('node:fs');
const { dirname } = require('node:path');
const { Script } = require('node:vm');
const { writeWhole } = require('./write-whole.cjs');

const [file, cache] = process.argv.splice(2, 2);
const source = readFileSync(file, 'latin1');
const wrapped = `(function (exports, require, module, __filename, __dirname) {${source}\n})`;
const script = new Script(wrapped, { filename: file });

process.on('exit', () => {
  const { size, mtimeMs } = statSync(process.execPath);
  const bundleId = source.slice(0, source.indexOf('\n'));
  const header = `${bundleId} ${process.version} ${process.arch} ${size} ${mtimeMs}\n`;
  writeWhole(cache, Buffer.concat([Buffer.from(header, 'latin1'), script.createCachedData()]));
});
process.argv[1] = file;
script.runInThisContext().call(exports, exports, require, module, file, dirname(file));
