import * as assert from 'uvu/assert';
import { describe } from '../../../support/spec.ts';
import { createApp, refusalIn } from '../create.ts';
import { startCloudController } from '../start-cloud-controller.ts';

describe('an instance of a process', (it) => {
  it('is restarted when it is deleted', async (scope) => {
    const api = await startCloudController(scope);
    const guid = await createApp(api, 'one');
    await api.ask('POST', `/v3/processes/${guid}/actions/scale`, { body: { instances: 2 } });

    const byType = await api.ask('DELETE', `/v3/apps/${guid}/processes/web/instances/1`);
    const byGuid = await api.ask('DELETE', `/v3/processes/${guid}/instances/0`);

    assert.equal([byType.status, byGuid.status], [204, 204]);
    const path = `/v3/audit_events?types=audit.app.process.terminate_instance&target_guids=${guid}`;
    assert.equal(
      (await api.ask('GET', path)).body.resources.map(({ data }: { data: object }) => data),
      [
        { process_type: 'web', process_index: 1 },
        { process_type: 'web', process_index: 0 },
      ],
    );
  });

  it('must be one that the process has', async (scope) => {
    const api = await startCloudController(scope);
    const guid = await createApp(api, 'one');
    const refusal = async (path: string) => refusalIn(await api.ask('DELETE', path));

    assert.is(await refusal(`/v3/apps/${guid}/processes/web/instances/1`), '404 Instance not found');
    assert.is(await refusal(`/v3/apps/${guid}/processes/web/instances/-1`), '404 Instance not found');
    assert.is(await refusal(`/v3/apps/${guid}/processes/web/instances/last`), '404 Instance not found');
    assert.is(await refusal(`/v3/apps/${guid}/processes/worker/instances/0`), '404 Process not found');
    assert.is(await refusal('/v3/apps/none/processes/web/instances/0'), '404 App not found');
    assert.is(await refusal('/v3/processes/none/instances/0'), '404 Process not found');
  });
});
