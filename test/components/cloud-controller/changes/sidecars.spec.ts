import * as assert from 'uvu/assert';
import { withDroplet } from '#components/cloud-controller/changes/current-droplet.ts';
import { withSidecar } from '#components/cloud-controller/changes/sidecars.ts';
import type { AppRecord, DropletRecord } from '#components/cloud-controller/records.ts';
import { describe } from '../../../support/spec.ts';
import { appRecord } from '../records.ts';

const defaults = { defaultMemoryMb: 256, defaultDiskMb: 1024 };

function droplet(...names: readonly string[]): DropletRecord {
  const sidecars = names.map((name) => ({ name, command: `./${name}`, processTypes: ['web'], memoryMb: null }));
  const sha256 = '0'.repeat(64);
  return {
    ...{ guid: 'd', createdAt: '', updatedAt: '', app: 'a', package: null, state: 'STAGED', sha256, sha1: '' },
    ...{ sizeBytes: 1, framework: null, runtime: null, startCommand: null, processTypes: { web: 'w' }, sidecars },
  };
}

const shown = ({ sidecars = [] }: AppRecord) => sidecars.map(({ name, command, origin }) => [name, command, origin]);

describe('sidecars of a droplet', (it) => {
  it('come and go with it, and those of the user stay', () => {
    const own = withSidecar(appRecord(), { name: 'mine', command: 'm', processTypes: ['web'] });

    const first = withDroplet(own, droplet('agent', 'proxy'), defaults);
    const second = withDroplet(first, droplet('agent'), defaults);

    assert.equal(shown(first), [
      ['mine', 'm', 'user'],
      ['agent', './agent', 'buildpack'],
      ['proxy', './proxy', 'buildpack'],
    ]);
    assert.equal(shown(second), shown(first).slice(0, 2));
    assert.is(second.sidecars?.[1]?.guid, first.sidecars?.[1]?.guid);
  });

  it('make room for one of the user with the same name', () => {
    const staged = withDroplet(appRecord(), droplet('agent'), defaults);

    const changed = withSidecar(staged, { name: 'agent', command: 'quiet', processTypes: ['web'] });

    assert.equal(shown(withDroplet(changed, droplet('agent'), defaults)), [['agent', 'quiet', 'user']]);
  });

  it('are no news to an app that has none', () => {
    assert.is('sidecars' in withDroplet(appRecord(), droplet(), defaults), false);
  });
});
