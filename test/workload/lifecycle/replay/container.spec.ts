import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { Container } from '#workload/lifecycle/replay/container.ts';
import { scratchDirectory } from '../../../support/scratch.ts';
import { describe } from '../../../support/spec.ts';
import { thrownBy } from '../../../support/thrown.ts';

describe('the container of a replay', (it) => {
  it('has /tmp and /home/vcap, and paths lead nowhere else', async (scope) => {
    const root = await scratchDirectory(scope);
    const container = await Container.make(root);
    assert.is(container.pathOf('/tmp/app'), join(root, 'tmp', 'app'));
    assert.is(container.pathOf('/tmp'), join(root, 'tmp'));
    assert.is(container.pathOf('.'), join(root, 'home', 'vcap'));
    assert.is(container.pathOf('logs/../x'), join(root, 'home', 'vcap', 'x'));
    for (const path of ['/etc/passwd', '/tmp/../etc', '../../../x', '/tmpx', '/']) {
      assert.match((await thrownBy(() => container.pathOf(path))).message, /outside \/tmp and \/home\/vcap/);
    }
  });

  it('puts its paths into texts, but not into addresses or longer names', async (scope) => {
    const root = await scratchDirectory(scope);
    const { textOf } = await Container.make(root).then((container) => ({
      textOf: (text: string) => container.textOf(text).replaceAll(root, 'ROOT'),
    }));
    assert.is(textOf('-buildDir=/tmp/app'), '-buildDir=ROOT/tmp/app');
    assert.is(textOf('/home/vcap/bin:/usr/bin:/tmp'), 'ROOT/home/vcap/bin:/usr/bin:ROOT/tmp');
    assert.is(textOf('{"a":"/tmp/x"}'), '{"a":"ROOT/tmp/x"}');
    for (const text of ['http://host/tmp/x', '/var/tmp', '/tmpx', './tmp', 'file:///tmp/x'])
      assert.is(textOf(text), text);
  });
});
