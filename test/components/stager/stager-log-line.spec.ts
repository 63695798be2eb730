import * as assert from 'uvu/assert';
import { stagerConfigOf } from '#components/stager/config.ts';
import { stagerLogLine } from '#components/stager/index.ts';
import type { LogEntry } from '#ground/log.ts';
import { rawZip } from '../../ground/raw-zip.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe } from '../../support/spec.ts';
import { askToStage, playCloudController, requestFor, startStager } from './peers.ts';

const withoutTime = (line: string) => line.replace(/^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}000\] /, '');
const shown = (entries: readonly LogEntry[], threshold: string): string[] =>
  entries.flatMap((entry) => stagerLogLine(entry, { threshold, pid: 7 }) ?? []).map(withoutTime);
const server = (level: string, text: string) =>
  `vcap.stager.server - pid=7 tid=0001 fid=0001 ${level.padStart(6)} -- ${text}`;
const task = (text: string) => `vcap.stager.task - pid=7 tid=0001 fid=0001   INFO -- ${text}`;

describe("a stager's log", (it) => {
  it('says what the original says: at its start, of its tasks, and at its end', async (scope) => {
    const { options } = stagerConfigOf({
      logging: { level: 'info' },
      nats_uri: '',
      max_staging_duration: 60,
      max_active_tasks: 1,
      queues: ['staging', 'more'],
      pid_filename: '',
      secure: false,
      dirs: { tmp: await scratchDirectory(scope) },
    });
    const { bus, running, entries } = await startStager(scope, options);
    const cloud = await playCloudController(scope, rawZip([{ name: 'app.js', content: ';' }]));

    const staged = await askToStage(bus, requestFor(cloud));
    const failed = await askToStage(bus, requestFor(cloud, { framework_info: { name: 'cobol' } }));
    await running[Symbol.asyncDispose]();

    const lines = shown(entries, 'info');
    const steps = ['Setting up temporary directories', 'Downloading application', 'Unpacking application'];
    assert.equal(lines.slice(0, 3), [
      server('INFO', 'Subscribed to staging'),
      server('INFO', 'Subscribed to more'),
      server('INFO', 'Server running'),
    ]);
    assert.equal(lines.slice(3, 6), steps.map(task));
    assert.equal(lines.slice(9, 11), [task('Done!'), server('INFO', `Task ${staged.task_id} succeeded`)]);
    assert.match(lines.at(-4) ?? '', server('WARN', `Task ${failed.task_id} failed: Staging plugin failed: `));
    assert.equal(lines.slice(-3), [
      server('INFO', 'Shutdown initiated.'),
      server('INFO', 'Waiting for remaining 0 task(s) to finish.'),
      server('INFO', 'Shutdown complete'),
    ]);
    assert.is(shown(entries, 'warn').length, 1);
    assert.equal(shown(entries, 'off'), []);
  });

  it('keeps the lines of tasks out of a platform that shows them elsewhere', async (scope) => {
    const { bus, entries } = await startStager(scope);
    const cloud = await playCloudController(scope, rawZip([{ name: 'app.js', content: ';' }]));

    await askToStage(bus, requestFor(cloud));

    assert.equal(
      entries.map(({ event }) => event),
      ['subscribed', 'server running', 'app staged'],
    );
  });

  it('says a message that is refused, and events the original did not know', () => {
    const entry = (event: string, fields: object): LogEntry => ({
      at: new Date(),
      level: 'warn',
      event,
      fields: { ...fields },
    });

    assert.equal(
      shown(
        [
          entry('message refused', { subject: 'staging', reason: 'it is not JSON' }),
          entry('workspace not removed', { error: 'EACCES' }),
        ],
        'debug2',
      ),
      [
        server('WARN', 'Failed decoding a message on staging: it is not JSON'),
        server('WARN', 'workspace not removed error=EACCES'),
      ],
    );
  });
});
