import * as assert from 'uvu/assert';
import type { DiscoverRequest } from '#contract/dea.ts';
import { describe } from '../../../support/spec.ts';
import { startTestOperations } from '../operations.ts';
import { playDea, startedApp } from './dea.ts';

describe('the search for a place', (it) => {
  it('says how many DEAs there are', async (scope) => {
    const cc = await startTestOperations(scope);
    const told: (number | null | undefined)[] = [];
    const beforeAnswer = async ({ deas }: DiscoverRequest) => void told.push(deas);
    await playDea(scope, cc, { beforeAnswer });
    const { app } = await startedApp(cc);
    await cc.operations.start(app);
    await playDea(scope, cc, { id: 'dea-2', memoryMb: 0 });
    const { app: another } = await startedApp(cc);
    await cc.operations.start(another);

    assert.equal(told, [1, 2]);
  });
});
