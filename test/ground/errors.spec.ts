import { readFile } from 'node:fs/promises';
import * as assert from 'uvu/assert';
import { ActionableError, exitCodeOf, explainDiskError, messageOf, systemCodeOf } from '#ground/errors.ts';
import { describe } from '../support/spec.ts';
import { thrownBy } from '../support/thrown.ts';

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: write`), { code });
}

describe('an actionable error', (it) => {
  it('carries its code, what to do and its cause', () => {
    const cause = new Error('too many open files');

    const error = new ActionableError('START_FAILED', 'It did not start.', 'Raise the limit.', { cause });

    assert.instance(error, Error);
    assert.is(error.name, 'ActionableError');
    assert.is(error.code, 'START_FAILED');
    assert.is(error.remedy, 'Raise the limit.');
    assert.is(error.cause, cause);
  });

  it('ends a command with the exit code of its kind', () => {
    const exitCode = (code: ConstructorParameters<typeof ActionableError>[0]) =>
      exitCodeOf(new ActionableError(code, 'It broke.', 'Mend it.'));

    assert.is(exitCode('STAGING_FAILED'), 1);
    assert.is(exitCode('USAGE'), 2);
    assert.is(exitCode('NOBODY_ANSWERED'), 3);
    assert.is(exitCode('PORT_TAKEN'), 4);
  });
});

describe('an error', (it) => {
  it('ends a command as a bug when it is nothing a person can fix', () => {
    assert.is(exitCodeOf(new TypeError('undefined is not a function')), 70);
    assert.is(exitCodeOf('thrown text'), 70);
    assert.is(exitCodeOf(undefined), 70);
  });

  it('has the code of the system when it comes from there', async () => {
    const missing = await thrownBy(() => readFile('/no/such/file'));

    assert.is(systemCodeOf(missing), 'ENOENT');
  });

  it('has no code of the system otherwise', () => {
    assert.is(systemCodeOf(new Error('plain')), undefined);
    assert.is(systemCodeOf(Object.assign(new Error('numbered'), { code: 7 })), undefined);
    assert.is(systemCodeOf({ code: 'ENOENT' }), undefined);
    assert.is(systemCodeOf(null), undefined);
  });

  it('is told with all of its causes', () => {
    const error = new Error('no droplet', { cause: new Error('no blob', { cause: 'the disk is gone' }) });

    assert.is(messageOf(error), 'no droplet: no blob: the disk is gone');
    assert.is(messageOf(new Error('alone')), 'alone');
    assert.is(messageOf('text'), 'text');
    assert.is(messageOf(undefined), 'undefined');
  });
});

describe('a disk error', (it) => {
  it('is for the user to mend when the disk or the quota is full', () => {
    for (const code of ['ENOSPC', 'EDQUOT']) {
      const cause = systemError(code);

      const explained = explainDiskError(cause, 'the droplet of hello cannot be stored');

      assert.instance(explained, ActionableError);
      const error = explained as ActionableError;
      assert.is(error.code, 'DISK_FULL');
      assert.is(error.message, 'The disk is full: the droplet of hello cannot be stored.');
      assert.is(error.cause, cause);
    }
  });

  it('passes through when it is something else', () => {
    const other = systemError('EIO');

    assert.is(explainDiskError(other, 'x'), other);
    assert.is(explainDiskError('text', 'x'), 'text');
  });
});
