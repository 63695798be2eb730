import { execFileSync } from 'node:child_process';
import { closeSync, openSync, statSync, symlinkSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { LogFile, type Position } from '#components/dea/log-file.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe, type Scope } from '../../support/spec.ts';

const everything = { arrears: Number.POSITIVE_INFINITY, kept: 0 };

async function openLog(scope: Scope, { maxBytes = 1_000_000, from }: { maxBytes?: number; from?: Position } = {}) {
  const path = join(await scratchDirectory(scope), 'stdout.log');
  const open = (position = from) => {
    const log = new LogFile({ path, stream: 'OUT', from: position, maxBytes });
    scope.defer(() => log.close());
    return log;
  };
  const log = open();
  const buffer = Buffer.alloc(64 * 1024);
  /** Reads until nothing more is there. */
  const read = (limits = everything, file = log) => {
    const lines: string[] = [];
    let dropped = 0;
    for (;;) {
      const part = file.read(buffer, 0, limits);
      lines.push(...part.lines);
      dropped += part.dropped;
      if (part.isDone) return { lines, dropped };
    }
  };
  return { path, log, read, open };
}

/** Opens a file as a shell does for `>`. */
function redirectTo(scope: Scope, path: string, flags = 'w') {
  const descriptor = openSync(path, flags);
  scope.defer(() => closeSync(descriptor));
  return (text: string) => void writeSync(descriptor, text);
}

describe('log file', (it) => {
  it('is read as it grows', async (scope) => {
    const { path, read } = await openLog(scope);
    assert.equal(read().lines, [], 'there is no file yet');

    const write = redirectTo(scope, path);
    write('one\ntwo\nthr');
    assert.equal(read().lines, ['one', 'two']);
    write('ee\n');
    assert.equal(read().lines, ['three']);
  });

  it('goes on where an earlier reader stopped, with the whole of an unfinished line', async (scope) => {
    const { path, log, read, open } = await openLog(scope);
    const write = redirectTo(scope, path);
    write('one\ntw');
    read();

    const successor = open(log.position);
    write('o\n');

    assert.equal(read(everything, successor).lines, ['two']);
  });

  it('is given back once it was read, and the app writes on', async (scope) => {
    const { path, read } = await openLog(scope, { maxBytes: 50_000 });
    const write = redirectTo(scope, path);
    const expected: string[] = [];
    const lines: string[] = [];

    for (let round = 0; round < 20; round += 1) {
      const line = `${round} ${'x'.repeat(20_000)}`;
      expected.push(line.slice(0, 16 * 1024), line.slice(16 * 1024));
      write(`${line}\n`);
      lines.push(...read().lines);
    }

    assert.equal(lines, expected);
    assert.ok(statSync(path).size > 300_000, 'the app writes at its old offset');
    assert.ok(statSync(path).blocks * 512 < 100_000, 'what was read takes no room');
  });

  it('is given back also when the app appends', async (scope) => {
    const { path, read } = await openLog(scope, { maxBytes: 50_000 });
    const write = redirectTo(scope, path, 'a');

    write(`${'x'.repeat(60_000)}\n`);
    read();
    write('after\n');

    assert.equal(read().lines, ['after']);
    assert.is(statSync(path).size, 'after\n'.length);
  });

  it('is read from the start again when the app empties it', async (scope) => {
    const { path, read } = await openLog(scope);
    redirectTo(scope, path)('the first file, which is long\n');
    read();

    redirectTo(scope, path)('second\n');

    assert.equal(read().lines, ['second']);
  });

  it('shows when another file took its place', async (scope) => {
    const { path, log, read } = await openLog(scope);
    redirectTo(scope, path)('old\n');
    read();
    assert.not(log.isReplaced());

    execFileSync('mv', [path, `${path}.1`]);
    redirectTo(scope, path)('new\n');
    assert.ok(log.isReplaced());
    log.close();

    assert.equal(read().lines, ['new']);
  });

  it('loses what is too much to read, and keeps the end', async (scope) => {
    const { path, read } = await openLog(scope);
    const write = redirectTo(scope, path);
    write(`${'y'.repeat(9_999)}\n`.repeat(100));
    write('the end\n');

    const { lines, dropped } = read({ arrears: 100_000, kept: 8 });

    assert.equal(lines, ['the end']);
    assert.is(dropped, 1_000_000);
  });

  it('remembers since when a line is unfinished', async (scope) => {
    const { path, log } = await openLog(scope);
    const write = redirectTo(scope, path);
    const buffer = Buffer.alloc(100);

    write('prompt');
    log.read(buffer, 5, everything);
    write('>');
    log.read(buffer, 6, everything);

    assert.is(log.pendingSinceMs, 5);
    assert.is(log.flush(), 'prompt>');
    assert.is(log.pendingSinceMs, undefined);
    assert.equal(log.position.offset, 7);
  });

  it('is neither a link, a directory nor a pipe', async (scope) => {
    const { path, read } = await openLog(scope);
    const secret = `${path}.secret`;
    writeFileSync(secret, 'secret\n');

    symlinkSync(secret, path);
    assert.equal(read().lines, []);

    execFileSync('rm', [path]);
    execFileSync('mkfifo', [path]);
    assert.equal(read().lines, []);

    execFileSync('rm', [path]);
    execFileSync('mkdir', [path]);
    assert.equal(read().lines, []);
  });
});
