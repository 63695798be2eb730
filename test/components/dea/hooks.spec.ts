import * as assert from 'uvu/assert';
import type { StartRequest } from '#contract/dea.ts';
import { waitFor } from '#ground/wait.ts';
import { buildpackStartup } from '#workload/lifecycle/launcher/index.ts';
import { startupText } from '#workload/lifecycle/startup-script.ts';
import { describe, type Scope } from '../../support/spec.ts';
import { archiveOf, type Droplet, exitOf, linesOf, openDea, requestFor, start, startRunning } from './support.ts';

const processOnly: Partial<StartRequest> = { uris: [], health_check: { type: 'process' } };

/** A droplet whose app has this hook; by a framework plugin, or by a buildpack. */
function hooked(scope: Scope, by: 'framework' | 'buildpack', hook: string): Promise<Droplet> {
  const hooks = [{ name: 'pre-running', command: hook }];
  const app = 'cat made.txt; exec sleep 60';
  const files =
    by === 'framework'
      ? { startup: startupText({ command: `(${app})`, hooks }), 'app/x': '' }
      : {
          ...Object.fromEntries(buildpackStartup(hooks).map(({ name, text }) => [name, text])),
          'app/x': '',
          'staging_info.yml': JSON.stringify({ detected_buildpack: 'x', start_command: app }),
        };
  return archiveOf(scope, files);
}

for (const by of ['framework', 'buildpack'] as const) {
  describe(`a hook in a droplet of a ${by}`, (it) => {
    it('runs before the app, whose log begins with what it says', async (scope) => {
      const dea = await openDea(scope);
      const droplet = await hooked(scope, by, 'echo "preparing for $COLOUR"; echo made > made.txt');

      await startRunning(dea, requestFor(droplet, { ...processOnly, droplet: 'app', env: ['COLOUR=green'] }));

      const said = () => linesOf(dea, 'app', 'APP/PROC/WEB').filter((line) => !line.startsWith('Invoking'));
      await waitFor('the app to speak', () => said().includes('made') || undefined, { limitMs: 15_000 });
      assert.equal(said(), ['preparing for green', 'made']);
    });

    it('that fails is the end of the instance, with its name', async (scope) => {
      const dea = await openDea(scope);
      const droplet = await hooked(scope, by, 'echo no database >&2; exit 4');

      start(dea, requestFor(droplet, { droplet: 'app' }));

      const exit = await exitOf(dea, 'app');
      assert.is(exit.exit_status, 4);
      assert.match(
        exit.exit_description ?? '',
        /exited with status 4 before it listened .*no database \| The hook pre-running failed with status 4: echo no/,
      );
    });

    it('is not for tasks', async (scope) => {
      const dea = await openDea(scope);
      const droplet = await hooked(scope, by, 'echo never; exit 4');
      const task = { application_id: 'app', task: 'look', start_command: 'ls; exit 3' };

      start(dea, requestFor(droplet, { ...processOnly, ...task, droplet: 'task' }));

      assert.is((await exitOf(dea, 'task')).exit_status, 3);
      assert.is(linesOf(dea, 'app', 'APP/TASK/look').includes('never'), false);
    });
  });
}
