import * as assert from 'uvu/assert';
import { Progress } from '#cli/progress.ts';
import { describe } from '../support/spec.ts';
import { textSink } from './text-sink.ts';

function written(isTTY: boolean, env: Record<string, string>, work: (progress: Progress) => void): string {
  const sink = textSink({ isTTY, columns: 40 });
  work(new Progress(sink, { NO_COLOR: '1', ...env }));
  return sink.text();
}

/** What stays on a terminal after everything was written. */
function screenOf(text: string): string[] {
  return text.split('\n').map((line) => line.split('\r').at(-1)?.replace('\u001b[K', '') ?? '');
}

describe('progress', (it) => {
  it('writes a line for each step where it cannot move', () => {
    const text = written(false, {}, (progress) => {
      progress.step('Uploading');
      progress.detail('12K');
      progress.step('Staging');
      progress.line('  a line of the stager');
      progress.end();
    });

    assert.is(text, 'Uploading\nStaging\n  a line of the stager\n');
  });

  it('keeps one moving line on a terminal, with what stays above it', () => {
    const text = written(true, {}, (progress) => {
      progress.step('Uploading');
      progress.step('Staging');
      progress.line('  a line of the stager');
      progress.end('Staged');
    });

    assert.equal(screenOf(text), ['✔ Uploading', '  a line of the stager', '✔ Staged', '']);
  });

  it('leaves nothing of a step that was dropped', () => {
    const text = written(true, {}, (progress) => {
      progress.step('Uploading');
      progress.drop();
    });

    assert.equal(screenOf(text), ['']);
  });

  it('does not move on a dumb terminal or in continuous integration', () => {
    for (const env of [{ TERM: 'dumb' }, { CI: 'true' }]) {
      assert.is(
        written(true, env, (progress) => progress.step('Uploading')),
        'Uploading\n',
      );
    }
  });

  it('never lets its moving line wrap', () => {
    const text = written(true, {}, (progress) => {
      progress.step('x'.repeat(100));
      progress.drop();
    });

    for (const line of text.split('\r')) assert.ok(line.replace('\u001b[K', '').length <= 40, line);
  });
});
