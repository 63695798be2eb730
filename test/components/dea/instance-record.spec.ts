import * as assert from 'uvu/assert';
import * as v from 'valibot';
import { InstanceRecord, instanceIdOf, needsPort, portsOf, recordOf } from '#components/dea/instance-record.ts';
import type { StartRequest } from '#contract/dea.ts';
import { describe } from '../../support/spec.ts';
import { optionsFor, requestFor } from './support.ts';

const recordFor = (changes: Partial<StartRequest>) =>
  recordOf(requestFor({ path: '/', sha1: 'a' }, changes), optionsFor({}), 5);

describe('record of an instance', (it) => {
  it('has ids that nobody else has', () => {
    const [first, second] = [recordFor({}), recordFor({})];

    assert.match(first.id, /^[0-9a-f]{32}$/);
    assert.match(first.privateId, /^[0-9a-f]{64}$/);
    assert.is.not(first.id, second.id);
    assert.is.not(first.privateId, second.privateId);
  });

  it('has a directory whose name tells its id, whatever the app is called', () => {
    for (const name of ['hello', '../../etc', '', '.', 'a b/c\0', 'ü'.repeat(500), '-rf']) {
      const { directory, id } = recordFor({ name });
      assert.match(directory, /^[\w-][\w.-]*$/, name);
      assert.ok(directory.length < 120);
      assert.is(instanceIdOf(directory), id);
    }
    for (const name of ['not-ours', 'x-0-123', '.tmp']) assert.is(instanceIdOf(name), undefined);
  });

  it('is read as an earlier version wrote it, which knew no ports for debuggers and consoles', () => {
    const { debugMode: _, debugPort: __, hasConsole: ___, consolePort: ____, ...old } = recordFor({});

    assert.equal(v.parse(InstanceRecord, old), {
      ...old,
      debugMode: null,
      debugPort: null,
      hasConsole: false,
      consolePort: null,
    });
  });

  it('asks for the ports of debuggers and consoles only where they are wanted', () => {
    const modes = [null, undefined, false, true, 'run', ''] as const;
    assert.equal(
      modes.map((debug) => recordFor({ debug }).debugMode),
      [null, null, null, true, 'run', null],
    );
    assert.ok(recordFor({ console: true }).hasConsole);
    assert.equal(portsOf({ ...recordFor({}), port: 1, debugPort: 2, consolePort: 3 }), [1, 2, 3]);
    assert.equal(portsOf(recordFor({})), []);
  });

  it('takes the limits of 2012 where none are given', () => {
    const { memoryMb, diskMb, fds } = recordFor({ limits: null });
    assert.equal([memoryMb, diskMb, fds], [512, 256, 1024]);
    assert.is(recordFor({ limits: { mem: 64 } }).diskMb, 256);
  });

  it('has a health check that suits its routes', () => {
    const { healthCheck } = recordFor({});
    assert.equal(healthCheck, { type: 'port', limitMs: 60_000, endpoint: '/' });
    assert.is(recordFor({ uris: [] }).healthCheck.type, 'process');
    assert.is(recordFor({ health_check: { type: 'http', timeout: 5 } }).healthCheck.limitMs, 5_000);
  });

  it('needs a port when it has routes, or is checked by one', () => {
    assert.ok(needsPort(recordFor({})));
    assert.ok(needsPort(recordFor({ health_check: { type: 'process' } })));
    assert.ok(needsPort(recordFor({ uris: [], health_check: { type: 'port' } })));
    assert.not(needsPort(recordFor({ uris: [] })));
  });
});
