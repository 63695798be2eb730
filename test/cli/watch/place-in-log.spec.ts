import * as assert from 'uvu/assert';
import { placeInLog, reasonInLog } from '#cli/watch/place-in-log.ts';
import { describe } from '../../support/spec.ts';

const home = '/home/me/.localpaas/dea/instances/shop-0-1c2d/app';
const paths = new Set([
  'app.py',
  'app.rb',
  'index.php',
  'lib/db.js',
  'lib/db.py',
  'lib/db.rb',
  'main.go',
  'node_modules/x/i.js',
  'server.js',
  'src/com/acme/Shop.java',
]);

/** What programs of each kind really said, shortened at the end. */
const said: Readonly<Record<string, readonly [log: string, place: string, reason: string | undefined]>> = {
  'Node, for code that cannot be read': [
    `${home}/server.js:4\n\n\n\nSyntaxError: Unexpected end of input\n    at wrapSafe (node:internal/modules/cjs/loader:1464:18)`,
    'server.js:4',
    'SyntaxError: Unexpected end of input',
  ],
  'Node, for an error that nobody catches': [
    `${home}/lib/db.js:3\nthrow new TypeError("no flux");\n^\n\nTypeError: no flux\n    at Object.<anonymous> (${home}/lib/db.js:3:7)\n    at Object.<anonymous> (${home}/server.js:1:1)`,
    'lib/db.js:3',
    'TypeError: no flux',
  ],
  'Node, for a library that is not there': [
    `node:internal/modules/cjs/loader:1210\n  throw err;\n  ^\n\nError: Cannot find module 'express'\nRequire stack:\n- ${home}/server.js\n    at require (node:internal/modules/helpers:182:18)\n    at Object.<anonymous> (${home}/server.js:1:11)`,
    'server.js:1',
    "Error: Cannot find module 'express'",
  ],
  'Node, for a module that is not there': [
    `node:internal/modules/esm/resolve:283\nError [ERR_MODULE_NOT_FOUND]: Cannot find module '${home}/nope.js' imported from ${home}/server.js\n    at finalizeResolution (node:internal/modules/esm/resolve:283:11)`,
    '',
    "Error [ERR_MODULE_NOT_FOUND]: Cannot find module 'nope.js' imported from server.js",
  ],
  'Node, for an error that a library throws': [
    `${home}/node_modules/x/i.js:9\n    throw e;\nError: bad options\n    at x (${home}/node_modules/x/i.js:9:2)\n    at Object.<anonymous> (${home}/server.js:7:1)`,
    'server.js:7',
    'Error: bad options',
  ],
  'Python, for code that cannot be read': [
    `  File "${home}/app.py", line 1\n    def f(:\n          ^\nSyntaxError: invalid syntax`,
    'app.py:1',
    'SyntaxError: invalid syntax',
  ],
  'Python, for an error that nobody catches': [
    `Traceback (most recent call last):\n  File "${home}/app.py", line 1, in <module>\n    import lib.db\n  File "${home}/lib/db.py", line 3, in <module>\n    json.loads("{")\n  File "/usr/lib/python3.11/json/__init__.py", line 346, in loads\njson.decoder.JSONDecodeError: Expecting property name: line 1 column 2 (char 1)`,
    'lib/db.py:3',
    'json.decoder.JSONDecodeError: Expecting property name: line 1 column 2 (char 1)',
  ],
  'Ruby, for code that cannot be read': [
    `${home}/app.rb:2: syntax error, unexpected \`end', expecting ')'`,
    'app.rb:2',
    "syntax error, unexpected `end', expecting ')'",
  ],
  'Ruby, for an error that nobody catches': [
    `${home}/lib/db.rb:2:in \`<top (required)>': undefined local variable or method \`foo' for main:Object (NameError)\n\nfoo.bar\n^^^\n\tfrom app.rb:1:in \`require_relative'`,
    'lib/db.rb:2',
    "undefined local variable or method `foo' for main:Object (NameError)",
  ],
  'PHP, for code that cannot be read': [
    `[Sun Nov 22 00:42:55 2026] PHP Parse error:  Unclosed '(' on line 2 in ${home}/index.php on line 3`,
    'index.php:3',
    "PHP Parse error: Unclosed '(' on line 2",
  ],
  'PHP, for an error that nobody catches': [
    `PHP Fatal error:  Uncaught Error: Call to undefined function nope() in ${home}/index.php:2\nStack trace:\n#0 {main}\n  thrown in ${home}/index.php on line 2`,
    'index.php:2',
    'PHP Fatal error: Uncaught Error: Call to undefined function nope()',
  ],
  Go: [
    'panic: no flux\n\ngoroutine 1 [running]:\nmain.main()\n\t/tmp/build/app/main.go:12 +0x2a',
    'main.go:12',
    'panic: no flux',
  ],
  Java: [
    'Exception in thread "main" java.lang.IllegalStateException: no flux\n\tat com.acme.Shop.main(Shop.java:5)',
    'src/com/acme/Shop.java:5',
    'java.lang.IllegalStateException: no flux',
  ],
  'something else': ['bash: line 1: nope: command not found\nat 12:30 localhost:8080', '', undefined],
};

describe('the last words of a program', (it) => {
  for (const [who, [log, place, reason]] of Object.entries(said)) {
    it(`tell what went wrong and where, in ${who}`, () => {
      const lines = log.split('\n');
      const found = placeInLog(lines, paths);

      assert.is(found === undefined ? '' : `${found.path}:${found.line}`, place);
      assert.is(reasonInLog(lines), reason);
    });
  }

  it('tell nothing where there are none', () => {
    assert.is(placeInLog([], paths), undefined);
    assert.is(reasonInLog([]), undefined);
  });
});
