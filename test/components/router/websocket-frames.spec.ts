import * as assert from 'uvu/assert';
import { closeFrame, WebsocketFrames } from '#components/router/websocket-frames.ts';
import { describe } from '../../support/spec.ts';

/** A frame with a payload of this many bytes. */
function frame(length: number, isMasked = false): Buffer {
  const mask = isMasked ? [1, 2, 3, 4] : [];
  const flag = isMasked ? 0x80 : 0;
  const size = Buffer.alloc(8);
  size.writeBigUInt64BE(BigInt(length));
  const lengths =
    length < 126 ? [flag | length] : length < 65_536 ? [flag | 126, ...size.subarray(6)] : [flag | 127, ...size];
  return Buffer.concat([Buffer.from([0x82, ...lengths, ...mask]), Buffer.alloc(length, 0x88)]);
}

const lengths = [0, 1, 125, 126, 127, 65_535, 65_536, 70_000];

describe('websocket frames', (it) => {
  it('end where their length says, however they are cut into pieces', () => {
    const stream = Buffer.concat(lengths.flatMap((length) => [frame(length), frame(length, true)]));
    const ends = new Set<number>();
    let end = 0;
    for (const each of lengths.flatMap((length) => [frame(length), frame(length, true)])) {
      end += each.length;
      ends.add(end);
    }

    for (const pieceBytes of [1, 2, 3, 7, 1_000, 65_536]) {
      const frames = new WebsocketFrames();
      for (let at = 0; at < stream.length; at += pieceBytes) {
        frames.follow(stream.subarray(at, at + pieceBytes));
        const until = Math.min(at + pieceBytes, stream.length);
        if (frames.isBetweenFrames !== ends.has(until))
          assert.unreachable(`after ${until} bytes, in pieces of ${pieceBytes}`);
      }
      assert.ok(frames.isBetweenFrames);
    }
  });

  it('are finished within a piece that begins the next one', () => {
    const frames = new WebsocketFrames();
    const stream = Buffer.concat([frame(300), frame(10)]);

    frames.follow(stream.subarray(0, 3));

    assert.is(frames.finish(stream.subarray(3)), 301);
    assert.ok(frames.isBetweenFrames);
    assert.is(frames.finish(stream), 0);
  });

  it('say why they close', () => {
    const bytes = closeFrame(1012, 'restart');

    assert.equal([...bytes.subarray(0, 4)], [0x88, 9, 0x03, 0xf4]);
    assert.is(bytes.toString('latin1', 4), 'restart');
  });
});
