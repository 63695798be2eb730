import * as assert from 'uvu/assert';
import { whiteoutOf } from '#components/dea/layer/whiteout.ts';
import { describe } from '../../../support/spec.ts';

describe('whiteout', (it) => {
  const cases: Readonly<Record<string, ReturnType<typeof whiteoutOf>>> = {
    'app/server.js': undefined,
    'app/.whatever': undefined,
    'app/x.wh.y': undefined,
    'app/.wh.server.js': { path: 'app/server.js', isOpaque: false },
    '.wh.app': { path: 'app', isOpaque: false },
    'app/.wh..hidden': { path: 'app/.hidden', isOpaque: false },
    'app/lib/.wh..wh..opq': { path: 'app/lib', isOpaque: true },
    '.wh..wh..opq': { path: '', isOpaque: true },
    'app/.wh.': { refusal: 'takes nothing away that has a name' },
    'app/.wh..': { refusal: 'takes nothing away that has a name' },
    'app/.wh...': { refusal: 'takes nothing away that has a name' },
    'app/.wh..wh.plnk': { refusal: 'is of a kind that is not known here' },
    '.wh.app/server.js': { refusal: 'lies below what is taken away' },
  };

  for (const [path, expected] of Object.entries(cases)) {
    it(`is known by its name: ${path}`, () => assert.equal(whiteoutOf(path), expected));
  }
});
