import * as assert from 'uvu/assert';
import { runtimesQuestion } from '#contract/runtimes.ts';
import { describe } from '../../../support/spec.ts';
import { startTestOperations } from '../operations.ts';
import { playDea, startedApp } from './dea.ts';

describe('placement of an app that asks for versions of its runtime', (it) => {
  it('says which versions of a runtime there are instead', async (scope) => {
    const cc = await startTestOperations(scope, { options: { discoverSeconds: 0.1 } });
    const deas = [
      await playDea(scope, cc, { id: 'a', memoryMb: 10 }),
      await playDea(scope, cc, { id: 'b', memoryMb: 10 }),
    ];
    for (const [at, version] of ['3.1.2', '3.2.2'].entries()) {
      const path = `/opt/ruby${at}/bin/ruby`;
      const facts = { family: 'ruby', name: 'ruby', architecture: null, origin: 'PATH', is_default: true } as const;
      const places = { path, real_path: path, bin_directory: '/opt', found_in: '/opt' };
      const answer = { dea: deas[at]?.id ?? '', runtimes: [{ ...facts, ...places, version }] };
      scope.use(cc.bus.answer(runtimesQuestion, () => answer));
    }
    const reasonFor = async (runtimeConstraint: string) => {
      const { app, droplet } = await startedApp(cc, { name: `app${runtimeConstraint.length}` });
      await cc.store.update('droplet', droplet.guid, (now) => ({ ...now, runtimeConstraint }));
      await cc.operations.start(app);
      return cc.operations.instancesOf(app)[0]?.details;
    };

    assert.is(
      await reasonFor('>= 99 (Gemfile)'),
      'needs ruby >= 99 (Gemfile); the 2 DEAs have ruby 3.1.2 (/opt/ruby0/bin/ruby), 3.2.2 (/opt/ruby1/bin/ruby). Install a ruby that fits, or change the constraint',
    );
    assert.match((await reasonFor('3.2.2')) ?? '', /^no DEA has room for 256 MB/);
  });

  it('asks DEAs for them', async (scope) => {
    const cc = await startTestOperations(scope);
    const dea = await playDea(scope, cc);
    const { app, droplet } = await startedApp(cc);
    await cc.store.update('droplet', droplet.guid, (now) => ({ ...now, runtimeConstraint: '~> 3.1 (Gemfile)' }));

    await cc.operations.start(app);

    assert.is((await dea.started(1)).runtime_info.constraint, '~> 3.1 (Gemfile)');
  });
});
