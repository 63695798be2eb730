import * as assert from 'uvu/assert';
import { largeApp, writeLargeApp } from '../../../../scripts/bench/large-app.ts';
import { describe } from '../../../support/spec.ts';
import { addBuildpack, build, emptyPlace, recordedEnv } from './a-build.ts';

/** How long it takes is measured by `npm run bench`. */
describe(`building ${largeApp}`, (it) => {
  it(
    'takes little memory',
    async (scope) => {
      const place = await emptyPlace(scope);
      const shell = '#!/usr/bin/env bash\n';
      await addBuildpack(place, 'toy', { 'bin/detect': shell, 'bin/compile': shell });
      await writeLargeApp(place.options.buildDir);
      const before = process.memoryUsage().rss;
      let most = before;
      const watch = setInterval(() => {
        most = Math.max(most, process.memoryUsage().rss);
      }, 5);
      scope.defer(() => clearInterval(watch));

      const built = await build(place, { env: { ...recordedEnv, PATH: process.env['PATH'] ?? '' } });

      assert.is(built.code, 0, built.err);
      const grownMb = (most - before) / 1024 ** 2;
      assert.ok(grownMb <= 60, `memory grew by ${grownMb} MB`);
    },
    { timeoutMs: 120_000 },
  );
});
