import * as assert from 'uvu/assert';
import { findRecording } from '#workload/lifecycle/replay/index.ts';
import { describe } from '../../../support/spec.ts';
import { thrownBy } from '../../../support/thrown.ts';
import { recordingText } from './recordings.ts';

const run = (path: string, args: string[] = []) => ({ run: { path, args, user: 'vcap' } });

describe('a recording', (it) => {
  it('is found in a log, a line with something before it, a definition, an action and a run alone', async () => {
    const log = await recordingText('stager.stdout.log');
    const task = JSON.parse(await recordingText('staging-task-definition.json'));
    const texts = [
      `${log.replaceAll('"APP"', '"OLD"')}${log}not JSON\n{"a":1}\n`,
      `2016-06-14 stager[7]: ${log}`,
      JSON.stringify(task),
      JSON.stringify({ ...task, log_guid: 'APP', action: { serial: { actions: [run('/x/other'), task.action] } } }),
    ];
    for (const text of texts) {
      const found = findRecording(text, 'builder', 'a log');
      assert.is(found.guid, 'APP');
      assert.is(found.run.path, '/tmp/lifecycle/builder');
      assert.is(found.dependencies.length, 3);
    }
    for (const value of [task.action, run('/a/builder')]) {
      const found = findRecording(JSON.stringify(value), 'builder', 'a log');
      assert.equal([found.guid, found.dependencies.length], ['', 0]);
    }
  });

  it('may have layers in place of dependencies, and a limit in nanoseconds', () => {
    const text = JSON.stringify({
      action: { timeout: { action: run('/tmp/lifecycle/builder'), timeout: 2_000_000_000 } },
      image_layers: [{ url: 'http://a', destination_path: '/tmp/x', digest_algorithm: 'sha256', digest_value: 'ab' }],
    });
    const found = findRecording(text, 'builder', 'a log');
    assert.equal(found.dependencies, [
      { name: '', from: 'http://a', to: '/tmp/x', checksum_algorithm: 'sha256', checksum_value: 'ab' },
    ]);
    assert.is(found.action.kind === 'timeout' && found.action.limitMs, 2_000);
  });

  it('finds the launcher beside other programs, and what watches it', async () => {
    const found = findRecording(await recordingText('nsync_listener.stdout.log'), 'launcher', 'a log');
    assert.equal(found.run.args, ['app', 'node server.js', '']);
    assert.is(found.processGuid, 'APP-VERSION');
    assert.is(found.monitor?.kind, 'timeout');
    assert.is(found.setup?.kind, 'serial');
  });

  it('is refused with the place of the mistake', async () => {
    const refusal = async (value: unknown) =>
      (
        await thrownBy(() =>
          findRecording(typeof value === 'string' ? value : JSON.stringify(value), 'builder', 'x.log'),
        )
      ).message;
    assert.match(await refusal(''), /There is no staging request in x\.log/);
    assert.match(await refusal('[1]'), /There is no staging request/);
    assert.match(await refusal({ serial: { actions: [{ nonsense: {} }] } }), /action\.serial\.actions\[0\] .* none of/);
    assert.match(await refusal({ run: { args: [] } }), /recorded action\.run cannot be understood/);
    let deep: object = run('/a/builder');
    for (let depth = 0; depth < 100; depth += 1) deep = { try: { action: deep } };
    assert.match(await refusal(deep), /nested deeper than 64/);
    assert.match(
      await refusal({ action: run('/b/builder'), cached_dependencies: [{}] }),
      /request cannot be understood/,
    );
  });
});
