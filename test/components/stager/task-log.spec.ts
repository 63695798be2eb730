import * as assert from 'uvu/assert';
import { TaskLog } from '#components/stager/task-log.ts';
import { describe } from '../../support/spec.ts';

const at = new Date(2012, 10, 13, 22, 13, 8);
const stamp = '[2012-11-13 22:13:08]';

describe('the log of a staging task', (it) => {
  it('has each line with its time, and says it at once', () => {
    const said: string[] = [];
    const log = new TaskLog((stream, lines) => void said.push(`${stream} ${lines.join('|')}`));

    log.line('Unpacking application', at);
    log.failure('It failed:\nno zip', true, at);

    assert.is(log.text, `${stamp} Unpacking application\n${stamp} It failed:\nno zip\n`);
    assert.equal(said, ['OUT Unpacking application', 'ERR It failed:|no zip']);
  });

  it('puts what programs print together to lines, wherever it was cut', async () => {
    const said: string[] = [];
    const log = new TaskLog((stream, lines) => void said.push(...lines.map((line) => `${stream} ${line}`)));

    await log.output('OUT', 'one\ntw', at);
    await log.output('ERR', 'wro', at);
    await log.output('OUT', 'o\r\n\nthree', at);
    await log.output('ERR', 'ng\n', at);
    await log.outputEnded(at);

    assert.equal(said, ['OUT one', 'OUT two', 'OUT ', 'ERR wrong', 'OUT three']);
    assert.equal(log.tail(2), [`${stamp} wrong`, `${stamp} three`]);
  });

  it('keeps the beginning and the end of a long one, and says how much is missing', async () => {
    const log = new TaskLog(() => {});
    const count = 100_000;

    for (let at = 0; at < count; at += 1) await log.output('OUT', `line ${at}\n`);

    const lines = log.text.split('\n').slice(0, -1);
    assert.match(lines[0] ?? '', /line 0$/);
    assert.match(lines.at(-1) ?? '', new RegExp(`line ${count - 1}$`));
    const gap = lines.find((line) => line.startsWith('…')) ?? '';
    const left = Number(/(\d+) lines are left out/.exec(gap)?.[1]);
    assert.is(lines.length - 1 + left, count);
    assert.ok(log.text.length < 800_000, `${log.text.length} characters`);
  });

  it('holds up who prints faster than it can be said', async () => {
    let release = () => {};
    const log = new TaskLog(
      () =>
        new Promise<void>((resolve) => {
          release = resolve;
        }),
    );
    let isDone = false;

    const printing = log.output('OUT', 'a line\n').then(() => {
      isDone = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    assert.not(isDone);
    release();
    await printing;

    assert.ok(isDone);
  });
});
