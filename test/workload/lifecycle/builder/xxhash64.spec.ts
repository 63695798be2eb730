import * as assert from 'uvu/assert';
import { xxhash64 } from '#workload/lifecycle/builder/xxhash64.ts';
import { describe } from '../../../support/spec.ts';

const known: [text: string, hash: string][] = [
  ['', 'ef46db3751d8e999'],
  ['a', 'd24ec4f1a98c6e5b'],
  ['as', '1c330fb2d66be179'],
  ['asd', '631c37ce72a97393'],
  ['asdf', '415872f599cea71e'],
  ['Call me Ishmael. Some years ago--never mind how long precisely-', '02a2e85470d6fd96'],
  // As Diego named directories of buildpacks with these keys.
  ['toy-supply', 'a3da9d7f05b62e0c'],
  ['not-there', '0e199027d90a1b95'],
];

describe('XXH64', (it) => {
  it('gives the values others give, for texts of each length class', () => {
    for (const [text, hash] of known) assert.is(xxhash64(text), hash, text);
  });
});
