'use strict';
// node run-and-compile.cjs <bundle> <cache> <file> [arguments of the program…]
// Runs the bundle as loader.cjs will once it is `file`, and writes what V8 compiled on the way when the program exits.
// The name belongs to what is compiled: stack traces show it.
const { readFileSync, statSync } = require('node:fs');
const { dirname } = require('node:path');
const { Script } = require('node:vm');
const { writeWhole } = require('./write-whole.cjs');

const [bundle, cache, file] = process.argv.splice(2, 3);
const source = readFileSync(bundle, 'latin1');
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
