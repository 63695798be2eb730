import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { Header } from 'tar';
import * as assert from 'uvu/assert';
import { readTarGz, type TarReader, type TarSource, tarGzOf } from '#ground/tar-stream.ts';
import { scratchDirectory } from '../support/scratch.ts';
import { describe } from '../support/spec.ts';
import { thrownBy } from '../support/thrown.ts';

const at = new Date('2026-01-02T03:04:05Z');
const signal = new AbortController().signal;

function fileOf(name: string, content: Buffer): TarSource {
  return { name, sizeBytes: content.length, content: () => [content] };
}

/** Keeps what it is told. */
function listener(more: Partial<TarReader> = {}) {
  const heard: [name: string, content: string][] = [];
  const reader: TarReader = {
    file(name) {
      const chunks: Buffer[] = [];
      return {
        bytes: (chunk) => chunks.push(Buffer.from(chunk)),
        end: () => heard.push([name, Buffer.concat(chunks).toString('latin1')]),
      };
    },
    other: (name, kind) => heard.push([name, `(${kind})`]),
    broken: (cause) => {
      throw new Error('broken', { cause });
    },
    unpacked() {},
    ...more,
  };
  return { heard, reader };
}

describe('a tar that is streamed', (it) => {
  const files: Record<string, Buffer> = {
    empty: Buffer.alloc(0),
    block: Buffer.alloc(512, 'b'),
    large: Buffer.alloc(700_001, 'large '),
    [`${'long/'.repeat(60)}name`]: Buffer.from('far away'),
  };
  const sources = Object.entries(files).map(([name, content]) => fileOf(name, content));

  it('is read as it was written, and tar reads it too', async (scope) => {
    for (const level of [0, 6]) {
      const bytes = await buffer(tarGzOf(sources, at, level));
      const { heard, reader } = listener();

      await readTarGz(Readable.from([bytes]), reader, signal);

      assert.equal(
        heard,
        Object.entries(files).map(([name, content]) => [name, content.toString('latin1')]),
      );
      const path = join(await scratchDirectory(scope), 'x.tar.gz');
      await writeFile(path, bytes);
      assert.is(execFileSync('tar', ['xzOf', path, 'block'], { encoding: 'utf8' }), 'b'.repeat(512));
    }
  });

  it('fails as a whole when a content fails, or is not as long as it says', async () => {
    const failing: TarSource = {
      name: 'x',
      sizeBytes: 10,
      async *content() {
        yield Buffer.alloc(5);
        throw new Error('the disk is gone');
      },
    };
    assert.is((await thrownBy(() => buffer(tarGzOf([failing], at, 0)))).message, 'the disk is gone');
    const short = { ...fileOf('x', Buffer.alloc(5)), sizeBytes: 10 };
    assert.is((await thrownBy(() => buffer(tarGzOf([short], at, 0)))).message, 'x has 5 bytes instead of 10.');
  });

  it('stops asking for contents when nobody reads on', async () => {
    let isReleased = false;
    const endless: TarSource = {
      name: 'x',
      sizeBytes: 2 ** 40,
      async *content() {
        try {
          for (;;) yield Buffer.alloc(64 * 1024);
        } finally {
          isReleased = true;
        }
      },
    };

    for await (const _ of tarGzOf([endless], at, 0)) break;
    await new Promise((resolve) => setImmediate(resolve));

    assert.ok(isReleased);
  });

  it('tells of everything that is no file', async () => {
    const header = new Header({ path: 'l', type: 'SymbolicLink', linkpath: '/etc', size: 0, mode: 0o777 });
    header.encode();
    const { heard, reader } = listener();

    const bytes = gzipSync(Buffer.concat([header.block ?? Buffer.alloc(0), Buffer.alloc(1024)]));
    await readTarGz(Readable.from([bytes]), reader, signal);

    assert.equal(heard, [['l', '(SymbolicLink)']]);
  });

  it('is broken when it ends too early, or is none', async () => {
    const bytes = await buffer(tarGzOf(sources, at, 0));
    for (const wrong of [
      bytes.subarray(0, -5),
      Buffer.from('no gzip'),
      gzipSync('no tar'.repeat(200)),
      Buffer.alloc(0),
    ]) {
      const { reader } = listener();
      const error = await thrownBy(() => readTarGz(Readable.from([wrong]), reader, signal));
      assert.is(error.message, 'broken');
    }
  });

  it('passes on what a reader throws', async () => {
    const bytes = await buffer(tarGzOf(sources, at, 0));
    const refuse = () => {
      throw new Error('enough');
    };
    for (const where of ['file', 'unpacked'] as const) {
      const { reader } = listener({ [where]: refuse });
      assert.is((await thrownBy(() => readTarGz(Readable.from([bytes]), reader, signal))).message, 'enough');
    }
  });
});
