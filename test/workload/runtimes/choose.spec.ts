import * as assert from 'uvu/assert';
import type { FoundRuntime, ToolFamily } from '#contract/runtimes.ts';
import { choose } from '#workload/runtimes/choose.ts';
import { describe } from '../../support/spec.ts';

function found(family: ToolFamily, version: string | null, changes: Partial<FoundRuntime> = {}): FoundRuntime {
  const path = changes.path ?? `/opt/${family}-${version}/bin/${family}`;
  return {
    family,
    name: family,
    version,
    path,
    real_path: path,
    bin_directory: '/',
    architecture: 'x64',
    origin: 'nvm',
    found_in: '/',
    is_default: false,
    ...changes,
  };
}

const standard = found('node', '20.11.0', { origin: 'PATH', path: '/usr/bin/node', is_default: true });
const nodes = [
  standard,
  found('node', '18.20.4'),
  found('node', '22.1.0'),
  found('node', null),
  found('ruby', '3.1.2'),
];

function versionFor(constraint: string | undefined, runtimes = nodes): string | null {
  const choice = choose(runtimes, { family: 'node', constraint });
  return choice.ok ? choice.runtime.version : choice.reason;
}

describe('choice of a runtime', (it) => {
  it('is the default where it fits', () => {
    assert.is(versionFor(undefined), '20.11.0');
    assert.is(versionFor('>=18 (package.json, engines)'), '20.11.0');
    assert.is(versionFor('*'), '20.11.0');
  });

  it('else is the latest that does', () => {
    assert.is(versionFor('18 || 22'), '22.1.0');
    assert.is(versionFor('^18'), '18.20.4');
  });

  it('else is none, and says what there is', () => {
    assert.is(
      versionFor('>=99 (package.json, engines)'),
      'needs node >=99 (package.json, engines); this machine has node 20.11.0 (/usr/bin/node), 18.20.4 (nvm), 22.1.0 (nvm). Install a node that fits, or change the constraint',
    );
    assert.is(
      versionFor('>=99', [found('ruby', '3.1.2')]),
      'needs node >=99; this machine has no node. Install a node that fits, or change the constraint',
    );
  });

  it('is none for words nobody understands', () => {
    assert.is(
      versionFor('newest (package.json, engines)'),
      'asks for node newest (package.json, engines), which names no version: write it like >=18, ^20 or 20.x',
    );
  });

  it('is none where the family is missing', () => {
    assert.match(versionFor(undefined, []) ?? '', /^needs node, which is not on this machine: install it with/);
  });

  it('leaves out what does not run', () => {
    const broken = found('node', null, { path: '/usr/local/bin/node' });

    assert.is(versionFor(undefined, [broken, standard]), '20.11.0');
    assert.is(versionFor(undefined, [broken]), null, 'as long as there is something else');
  });
});
