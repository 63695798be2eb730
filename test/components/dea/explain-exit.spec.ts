import * as assert from 'uvu/assert';
import {
  couldNotStart,
  diskExceeded,
  endedMeanwhile,
  exitedByItself,
  howItEnded,
  memoryExceeded,
  neverReady,
} from '#components/dea/explain-exit.ts';
import { ActionableError } from '#ground/errors.ts';
import { describe } from '../../support/spec.ts';

const megabyte = 1024 * 1024;

describe('explanation of an exit', (it) => {
  it('tells the status, and what the usual ones mean', () => {
    assert.is(howItEnded(0), 'exited with status 0');
    assert.is(howItEnded(3), 'exited with status 3');
    assert.is(howItEnded(127), 'exited with status 127: a program was not found');
    assert.is(howItEnded(137), 'was ended by the signal SIGKILL (status 137)');
    assert.is(howItEnded(undefined), 'ended, and nobody knows how');
  });

  it('tells that the app never listened, with its last lines', () => {
    const ending = exitedByItself({ status: 1, awaitedPort: 61_000, left: 0, lastLines: ['Error: no', '  ', 'at x'] });

    assert.equal(ending, {
      reason: 'CRASHED',
      status: 1,
      description: 'exited with status 1 before it listened on port 61000; its last lines: Error: no | at x',
    });
  });

  it('tells of processes that were left behind', () => {
    const ending = (left: number) => exitedByItself({ status: 0, awaitedPort: null, left, lastLines: [] }).description;

    assert.is(ending(0), 'exited with status 0');
    assert.is(ending(1), 'exited with status 0, and left a process behind, which was ended too');
    assert.is(ending(2), 'exited with status 0, and left 2 processes behind, which were ended too');
  });

  it('shortens long lines', () => {
    const { description = '' } = exitedByItself({
      status: 1,
      awaitedPort: null,
      left: 0,
      lastLines: ['x'.repeat(5000)],
    });
    assert.ok(description.length < 300);
  });

  it('tells what an app exceeded, and by how much', () => {
    assert.is(memoryExceeded(256, 300 * megabyte).description, 'exceeded its memory limit of 256M (used 300M)');
    assert.is(diskExceeded(64, 80 * megabyte).description, 'exceeded its disk limit of 64M (used 80M)');
  });

  it('tells why an app never became ready', () => {
    assert.is(
      neverReady(61_000, 60_000, 'it listens on port 3000 instead of the one in $PORT', ['hello']).description,
      'did not listen on port 61000 within 60 s; it listens on port 3000 instead of the one in $PORT; its last lines: hello',
    );
  });

  it('tells what to do about a failed start', () => {
    const error = new ActionableError('BAD_INPUT', 'The droplet is empty.', 'Stage the app again.');
    assert.is(couldNotStart(error).description, 'could not be started: The droplet is empty. Stage the app again.');
    assert.is(couldNotStart(new Error('boom')).description, 'could not be started: boom');
  });

  it('tells what became of an app that nobody watched', () => {
    assert.is(endedMeanwhile(undefined).description, 'ended while the platform was down');
    assert.is(endedMeanwhile(1).description, 'ended while the platform was down: it exited with status 1');
  });
});
