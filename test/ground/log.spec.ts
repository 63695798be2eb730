import * as assert from 'uvu/assert';
import { createLog, type LogEntry } from '#ground/log.ts';
import { describe } from '../support/spec.ts';

describe('a log', (it) => {
  it('hands on each line with its level, its moment and its fields', () => {
    const entries: LogEntry[] = [];
    const log = createLog((entry) => entries.push(entry));
    const before = Date.now();

    log.debug('looked');
    log.info('instance started', { app: 'hello', index: 0 });
    log.warn('slow');
    log.error('broken', { error: 'EIO' });

    assert.equal(
      entries.map(({ level, event, fields }) => ({ level, event, fields })),
      [
        { level: 'debug', event: 'looked', fields: {} },
        { level: 'info', event: 'instance started', fields: { app: 'hello', index: 0 } },
        { level: 'warn', event: 'slow', fields: {} },
        { level: 'error', event: 'broken', fields: { error: 'EIO' } },
      ],
    );
    for (const { at } of entries) assert.ok(at.getTime() >= before && at.getTime() <= Date.now());
  });

  it('adds its own fields to each line, and what is said at the line wins', () => {
    const fields: unknown[] = [];
    const log = createLog((entry) => fields.push(entry.fields), { component: 'dea', app: '-' });

    log.with({ index: 3 }).info('instance started', { app: 'hello' });
    log.info('ready');

    assert.equal(fields, [
      { component: 'dea', app: 'hello', index: 3 },
      { component: 'dea', app: '-' },
    ]);
  });
});
