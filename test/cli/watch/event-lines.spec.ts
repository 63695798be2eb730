import * as assert from 'uvu/assert';
import { styleFor } from '#cli/style.ts';
import { linesOf } from '#cli/watch/event-lines.ts';
import type { WatchEvent } from '#cli/watch/watch-event.ts';
import { describe } from '../../support/spec.ts';
import { textSink } from '../text-sink.ts';

const style = styleFor(textSink(), {});
const linesFor = (event: WatchEvent, isVerbose = false) =>
  linesOf(event, { style, time: '14:02:11', isVerbose }).join('\n');

const failure = {
  app: 'shop',
  what: 'server.js changed',
  files: ['server.js'],
  ms: 120,
  error: { code: 'START_UNSUCCESSFUL', message: 'shop was not changed: it exited.', remedy: 'Look.' },
  place: { path: 'server.js', line: 12 },
  reason: "SyntaxError: Unexpected token '}'",
  log: ['first\u001b[2J', 'second'],
  stillServing: '13:59:00',
};

const table: readonly (readonly [string, WatchEvent, string])[] = [
  [
    'a version that serves',
    {
      event: 'serving',
      app: 'shop',
      what: 'server.js changed',
      files: ['server.js'],
      ms: 48.4,
      way: 'layered',
      steps: { upload: 1 },
    },
    '14:02:11  server.js changed · serving after 48 ms',
  ],
  [
    'a version that took long',
    { event: 'serving', app: 'shop', what: 'package.json changed', files: [], ms: 12_345, way: 'pushed', steps: {} },
    '14:02:11  package.json changed · serving after 12 s',
  ],
  [
    'a version that failed',
    { event: 'failed', ...failure },
    `14:02:11  server.js changed · failed after 120 ms · server.js:12 SyntaxError: Unexpected token '}'
          │ first [2J
          │ second
          the version of 13:59:00 goes on serving; the next change is tried`,
  ],
  [
    'a first version that failed, of which nothing is known',
    { event: 'failed', ...failure, place: null, reason: null, log: [], stillServing: null },
    `14:02:11  server.js changed · failed after 120 ms · shop was not changed: it exited.
          shop does not run; the next change is tried`,
  ],
  [
    'a version that died in its first seconds',
    { event: 'withdrawn', ...failure, log: [], ms: 1_240, stillServing: null },
    `14:02:11  server.js changed · ended after 1.24 s · server.js:12 SyntaxError: Unexpected token '}'
          the version before it serves again; the next change is tried`,
  ],
  [
    'files that were saved as they were',
    { event: 'unchanged', app: 'shop', files: ['a.js', 'b.js'] },
    '14:02:11  a.js and b.js saved, nothing in it changed: shop stays as it is',
  ],
  [
    'a folder that cannot be pushed',
    {
      event: 'unusable',
      app: 'shop',
      problems: ['1', '2', '3', '4', '5'].map((message) => ({ message: `'${message}' is bad.`, remedy: 'Remove it.' })),
    },
    `14:02:11  not pushed  '1' is bad. Remove it.
          '2' is bad. Remove it.
          '3' is bad. Remove it.
          and 2 more like that
          shop goes on as it is until that is mended`,
  ],
  [
    'a line of the app',
    {
      event: 'log',
      at: '2026-11-21T14:02:11.42Z',
      source: 'APP/PROC/WEB',
      instance: '1',
      stream: 'OUT',
      text: 'hello',
    },
    '14:02:11  [web/1] hello',
  ],
  [
    'a watch that was taken over',
    { event: 'stopped', app: 'shop', takenOverFor: '/srv/shop' },
    '14:02:11  the watch of /srv/shop took shop over; this one has ended',
  ],
  [
    'a platform that is gone',
    { event: 'lost', app: 'shop', message: 'No localpaas answers at http://127.0.0.1:8080.' },
    '14:02:11  platform gone  No localpaas answers at http://127.0.0.1:8080. Waiting for it to come back.',
  ],
];

describe('what a watch prints', (it) => {
  for (const [what, event, lines] of table) {
    it(`tells of ${what}`, () => {
      assert.is(linesFor(event), lines);
    });
  }

  it('has the time of each step where that was asked for', () => {
    const steps = { upload: 12, stage: 25, start: 1_040 };
    const lines = linesFor(
      { event: 'serving', app: 'shop', what: 'a changed', files: [], ms: 1_080, way: 'pushed', steps },
      true,
    );

    assert.is(lines.split('\n')[1], '          uploaded 12 ms · staged 25 ms · started 1.04 s');
  });
});
