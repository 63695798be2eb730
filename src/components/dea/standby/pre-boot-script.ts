import { sha256Of } from '#ground/digest.ts';

const text = `'use strict';
(function () {
  var path = require('path');
  var own = path.basename(__filename);
  leaveNoTrace();
  var options = process.env.NODE_OPTIONS;
  if (options === undefined || options.indexOf(own) < 0) return;
  var fs = require('fs');
  var control = 4;
  try {
    fs.writeSync(control, JSON.stringify({ pid: process.pid, main: process.argv[1] || '', program: process.execPath }) + '\\n');
  } catch (error) {
    end();
  }
  try {
    require('http');
  } catch (error) {}
  var environment = JSON.parse(receive());
  Object.keys(environment).forEach(function (name) {
    if (environment[name] === null) delete process.env[name];
    else process.env[name] = environment[name];
  });
  fs.closeSync(control);

  function receive() {
    var buffer = Buffer.alloc(65536);
    var text = '';
    while (text.slice(-1) !== '\\n') {
      var count = 0;
      try {
        count = fs.readSync(control, buffer, 0, buffer.length, null);
      } catch (error) {
        if (error.code === 'EINTR' || error.code === 'EAGAIN') continue;
      }
      // Whoever started it ahead has ended.
      if (count === 0) end();
      text += buffer.toString('latin1', 0, count);
    }
    return text;
  }

  function end() {
    process.kill(process.pid, 'SIGKILL');
  }

  function leaveNoTrace() {
    delete require.cache[__filename];
    var found = require('module')._pathCache || {};
    Object.keys(found).forEach(function (key) {
      if (found[key] === __filename) delete found[key];
    });
    var list = Object.getOwnPropertyDescriptor(process, '_preload_modules');
    if (!list || !list.configurable || !Array.isArray(list.value)) return;
    // Not changed in place: node goes through the same list just now.
    list.value = list.value.filter(function (name) {
      return path.basename(name) !== own;
    });
    Object.defineProperty(process, '_preload_modules', list);
  }
})();
`;

/**
 * Loaded by a node before anything of its app: it says who it is, and waits until it is told to go on. What it is told then
 * is what changed in its environment since it began. Of itself it leaves nothing that an app looks at. Most apps need Node's
 * http, whose loading takes 3 ms of their start: there is time for that while it waits.
 *
 * Each worker of an app loads it again, for node keeps the options it was started with; it does not find its name in
 * NODE_OPTIONS any more, and goes on. Whatever version of node an app wants runs this, so it is written in old words.
 */
export function preBootScript(): { name: string; text: string } {
  return { name: `localpaas-pre-boot-${sha256Of(text).slice(0, 8)}.cjs`, text };
}
