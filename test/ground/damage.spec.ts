import * as assert from 'uvu/assert';
import { type Damage, damageIn, reportDamage } from '#ground/damage.ts';
import { createLog, type LogEntry } from '#ground/log.ts';
import { describe } from '../support/spec.ts';

describe('damage that is reported', (it) => {
  it('can be told from every other line of the log', () => {
    const entries: LogEntry[] = [];
    const log = createLog((entry) => entries.push(entry)).with({ component: 'dea' });
    const damage: Damage = { found: 'It is broken.', done: 'It was mended.', keptIn: '/x', restored: ['app one'] };

    log.warn('something else', { found: 'a', done: 'b' });
    reportDamage(log, damage);

    assert.equal(entries.map(damageIn), [undefined, damage]);
    assert.is(entries[1]?.level, 'warn');
    assert.is(entries[1]?.fields['component'], 'dea');
  });
});
