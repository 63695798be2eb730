import * as assert from 'uvu/assert';
import type { LogEntry } from '#ground/log.ts';
import { isShown, vcapLogLine } from '#vcap/log-format.ts';
import { describe } from '../support/spec.ts';

const at = new Date(2012, 10, 3, 7, 8, 57, 17);
const entry: LogEntry = { at, level: 'info', event: 'server running', fields: {} };
const said = { logger: 'vcap.stager.server', pid: 7 };

describe('a log line of 2012', (it) => {
  it('has time, name, tags, place, level and text', () => {
    assert.is(
      vcapLogLine(entry, { ...said, text: 'Server running' }),
      '[2012-11-03 07:08:57.017000] vcap.stager.server - pid=7 tid=0001 fid=0001   INFO -- Server running',
    );
    assert.match(vcapLogLine(entry, { ...said, tags: ['one', 'two'] }), 'vcap.stager.server one,two pid=7 tid=');
  });

  it('has its level in six places, on the right', () => {
    const levels = (['debug', 'info', 'warn', 'error'] as const).map((level) => vcapLogLine({ ...entry, level }, said));

    assert.equal(
      levels.map((line) => line.slice(line.indexOf('fid=0001'))),
      ['  DEBUG', '   INFO', '   WARN', '  ERROR'].map((level) => `fid=0001${level} -- server running`),
    );
    assert.match(vcapLogLine(entry, { ...said, level: 'error' }), ' ERROR -- ');
  });

  it('is one line, whatever the text is, and has the fields of an entry without a text of its own', () => {
    const fields = { component: 'stager', app: 'a b', tries: 2, ids: [1], none: null };

    assert.match(vcapLogLine(entry, { ...said, text: 'Failed:\n why\n' }), / -- Failed:\\n why\\n$/);
    assert.match(vcapLogLine({ ...entry, fields }, said), / -- server running app=a b tries=2 ids=\[1\]$/);
  });

  it('is shown when the log is set to as much', () => {
    const shown = (threshold: string) =>
      (['debug', 'info', 'warn', 'error'] as const).filter((level) => isShown(level, threshold)).join(' ');

    assert.is(shown('off'), '');
    assert.is(shown('fatal'), '');
    assert.is(shown('error'), 'error');
    assert.is(shown('warn'), 'warn error');
    assert.is(shown('info'), 'info warn error');
    assert.is(shown('debug'), 'debug info warn error');
    assert.is(shown('debug2'), 'debug info warn error');
    assert.is(shown('loud'), 'info warn error');
    assert.is(shown('constructor'), 'info warn error');
  });
});
