import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import * as assert from 'uvu/assert';
import { scratchDirectory } from '../support/scratch.ts';
import { describe } from '../support/spec.ts';

describe('an executable', (it) => {
  it(
    'is the same bytes when it is made again',
    async (scope) => {
      const executable = process.env['LOCALPAAS'] ?? '';
      const dist = await scratchDirectory(scope);
      const target = basename(executable).replace('localpaas-', '');

      execFileSync(process.execPath, ['--import', 'tsx', 'scripts/package.ts', '--out', dist, target], {
        stdio: 'pipe',
      });

      for (const suffix of ['', '.cdx.json']) {
        const again = readFileSync(join(dist, `${basename(executable)}${suffix}`));
        assert.ok(again.equals(readFileSync(`${executable}${suffix}`)));
      }
    },
    { timeoutMs: 120_000 },
  );
});
