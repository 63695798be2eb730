import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import * as assert from 'uvu/assert';
import { fetchNode } from '../../../scripts/package/node.ts';
import { blobFor32Bits } from '../../../scripts/package/sea-32-bit.ts';
import { targets } from '../../../scripts/package/targets.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe } from '../../support/spec.ts';

describe('the blob for 32 bits', (it) => {
  it(
    'is what a Node of 32 bits writes itself',
    async (scope) => {
      const { program } = await fetchNode(targets['linux-armv7l'], resolve('.cache', 'downloads'));
      const directory = await scratchDirectory(scope);
      const script = 'console.log("hello");\n'.repeat(1_000);
      writeFileSync(`${directory}/localpaas.cjs`, script);
      const configuration = { main: 'localpaas.cjs', output: 'blob', disableExperimentalSEAWarning: true };
      writeFileSync(`${directory}/configuration.json`, JSON.stringify(configuration));

      execFileSync(program, ['--experimental-sea-config', 'configuration.json'], { cwd: directory, stdio: 'pipe' });

      assert.ok(blobFor32Bits(script).equals(readFileSync(`${directory}/blob`)));
    },
    { timeoutMs: 120_000 },
  );
});
