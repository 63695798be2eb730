import { Readable } from 'node:stream';
import * as assert from 'uvu/assert';
import { cliOf } from '#cli/cli.ts';
import { reportError } from '#cli/errors.ts';
import { Interrupted } from '#cli/world.ts';
import { ActionableError } from '#ground/errors.ts';
import { describe } from '../support/spec.ts';
import { textSink } from './text-sink.ts';

function report(error: unknown, { asJson = false, signal = new AbortController().signal } = {}) {
  const [output, messages] = [textSink(), textSink()];
  const cli = cliOf({
    env: { HOME: '/home/somebody' },
    workingDirectory: '/',
    input: Readable.from([]),
    output,
    messages,
    signal,
  });
  const exitCode = reportError(error, cli, asJson);
  assert.is(output.text(), '');
  return { exitCode, messages: messages.text() };
}

describe('errors', (it) => {
  it('are told with what to do about them, and an exit code by their kind', () => {
    const taken = new ActionableError('PORT_TAKEN', 'Port 8080 is taken.', 'Choose another.\nOr stop the program.');

    assert.equal(report(taken), {
      exitCode: 4,
      messages: 'error  Port 8080 is taken.\n       Choose another.\n       Or stop the program.\n',
    });
    assert.is(report(new ActionableError('USAGE', 'No.', 'Yes.')).exitCode, 2);
    assert.is(report(new ActionableError('NOBODY_ANSWERED', 'No.', 'Yes.')).exitCode, 3);
    assert.is(report(new ActionableError('STAGING_FAILED', 'No.', 'Yes.')).exitCode, 1);
  });

  it('are one line of JSON for programs', () => {
    const { messages } = report(new ActionableError('NOT_FOUND', 'None.', 'Make one.'), { asJson: true });

    assert.equal(JSON.parse(messages), { error: { code: 'NOT_FOUND', message: 'None.', remedy: 'Make one.' } });
    assert.is(messages.trimEnd().split('\n').length, 1);
  });

  it('that nobody foresaw are bugs, with their traces', () => {
    const { exitCode, messages } = report(new Error('outer', { cause: new TypeError('inner') }));

    assert.is(exitCode, 70);
    assert.match(messages, /This is a bug in localpaas; please report it/);
    assert.match(messages, /Error: outer\n\s+at .*errors\.spec\.ts/);
    assert.match(messages, /caused by TypeError: inner\n\s+at /);
    assert.match(report('a string').messages, /a string/);
  });

  it('after an interruption are not the news', () => {
    const stop = new AbortController();
    stop.abort(new Interrupted('SIGTERM'));

    assert.equal(report(new Error('socket hang up'), { signal: stop.signal }), {
      exitCode: 143,
      messages: 'Stopped.\n',
    });
    assert.equal(report(new Interrupted('SIGINT').saying('Half is done.')), {
      exitCode: 130,
      messages: 'Half is done.\n',
    });
  });
});
