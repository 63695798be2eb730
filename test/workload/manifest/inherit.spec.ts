import * as assert from 'uvu/assert';
import { describe } from '../../support/spec.ts';
import { appsOf, refusalOf } from './manifests.ts';

describe('a manifest that inherits', (it) => {
  it('stands on top of its parents, at every depth, and apps of one name are one', () => {
    const files = {
      '/m/base/all.yml':
        'inherit: ../root.yml\nenv: {A: base, B: base}\napplications:\n- {name: x, path: dist, instances: 2}\n',
      '/m/root.yml': 'memory: 64M\nenv: {A: root, C: root}\napplications:\n- {name: y}\n',
    };

    const apps = appsOf(
      'inherit: base/all.yml\nenv: {B: own}\napplications:\n- {name: x, instances: 3}\n- {name: z}\n',
      {
        files,
      },
    );

    assert.equal(
      apps.map(({ name, path, attributes }) => [name, path, attributes['instances'], attributes['env']]),
      [
        ['y', undefined, undefined, { A: 'base', B: 'own', C: 'root' }],
        ['x', '/m/base/dist', 3, { A: 'base', B: 'own', C: 'root' }],
        ['z', undefined, undefined, { A: 'base', B: 'own', C: 'root' }],
      ],
    );
    assert.ok(apps.every(({ attributes }) => attributes['memory'] === '64M'));
  });

  it('may have several parents, of which the later counts more', () => {
    const files = { '/m/a.yml': 'memory: 1M\ntimeout: 1\n', '/m/b.yml': 'memory: 2M\n' };

    const [app] = appsOf('inherit: [a.yml, b.yml]\napplications:\n- {name: x}\n', { files });

    assert.equal(app?.attributes, { name: 'x', memory: '2M', timeout: 1 });
  });

  it('is refused when the parents form a ring, are missing or broken, with the place', () => {
    const inherits = (text: string, files: Record<string, string>) => refusalOf(() => appsOf(text, { files }));

    assert.match(
      inherits('inherit: a.yml', { '/m/a.yml': '\ninherit: b.yml', '/m/b.yml': 'inherit: ./a.yml' }),
      /^BAD_INPUT \/m\/b\.yml:1:10: manifests inherit from each other: \/m\/a\.yml → \/m\/b\.yml → \/m\/a\.yml\. Remove one/,
    );
    assert.match(inherits('inherit: manifest.yml', {}), /from each other: \/m\/manifest\.yml → \/m\/manifest\.yml/);
    assert.match(inherits('inherit: no.yml', {}), /\/m\/manifest\.yml:1:10: there is no \/m\/no\.yml to inherit from/);
    assert.match(
      inherits('inherit: a.yml', { '/m/a.yml': '\n\tx: 1' }),
      /\/m\/a\.yml:2:1: the line is indented with a tab/,
    );
    assert.match(inherits('inherit: {a: b}', {}), /:1:10: `inherit` must name a file/);
  });
});
