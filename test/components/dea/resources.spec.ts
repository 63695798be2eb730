import * as assert from 'uvu/assert';
import {
  answerDelayMs,
  availableMemoryMb,
  isFull,
  type Resources,
  whyFull,
  whyNoRoom,
} from '#components/dea/resources.ts';
import { describe } from '../../support/spec.ts';

const resources: Resources = {
  maxMemoryMb: 1024,
  reservedMemoryMb: 256,
  maxInstances: 10,
  instances: 1,
  minFreeDiskMb: 100,
  freeDiskMb: 5000,
  maxDiskUsePercent: 95,
  diskUsePercent: 95,
};

describe('resources', (it) => {
  it('has room for what fits exactly, and not for a megabyte more', () => {
    assert.is(availableMemoryMb(resources), 768);
    assert.is(whyNoRoom(resources, 768), undefined);
    assert.is(whyNoRoom(resources, 769), 'it needs 769M of memory, and 768M of 1.0G are left');
  });

  it('has no room for another instance beyond the count, or on a full disk', () => {
    assert.is(whyNoRoom({ ...resources, instances: 10 }, 1), '10 instances run here, and no more are allowed');
    assert.is(whyNoRoom({ ...resources, freeDiskMb: 12 }, 1), 'the disk is nearly full: 12M are left');
    assert.is(whyNoRoom({ ...resources, diskUsePercent: 96.7 }, 1), 'the disk is 96 % full');
  });

  it('is full when nothing more fits', () => {
    assert.not(isFull(resources));
    assert.ok(isFull({ ...resources, reservedMemoryMb: 1024 }));
    assert.ok(isFull({ ...resources, reservedMemoryMb: 2000 }));
    assert.ok(isFull({ ...resources, instances: 10 }));
    assert.ok(isFull({ ...resources, freeDiskMb: 99 }));
    assert.ok(isFull({ ...resources, diskUsePercent: 95.1 }));
  });

  it('says why nothing fits, where that is not memory', () => {
    assert.is(whyFull(resources), undefined);
    assert.is(whyFull({ ...resources, reservedMemoryMb: 2000 }), undefined);
    assert.is(whyFull({ ...resources, freeDiskMb: 12 }), 'the disk is nearly full: 12M are left');
  });

  it('answers the later the fuller it is, but not later than after 250 ms', () => {
    assert.is(answerDelayMs({ ...resources, reservedMemoryMb: 0 }, 0), 0);
    assert.is(answerDelayMs(resources, 1), 35);
    assert.is(answerDelayMs({ ...resources, reservedMemoryMb: 1024 }, 99), 250);
    assert.is(answerDelayMs({ ...resources, maxMemoryMb: 0, reservedMemoryMb: 0 }, 0), 100);
  });
});
