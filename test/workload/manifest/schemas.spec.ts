import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Ajv } from 'ajv';
import * as assert from 'uvu/assert';
import { parse } from 'yaml';
import { type Attributes, appAttributes, processOnly, sidecarAttributes } from '#workload/manifest/attributes.ts';
import { stackatoAttributes } from '#workload/manifest/stackato-attributes.ts';
import { documents } from '../../support/documents.ts';
import { describe } from '../../support/spec.ts';
import { samples } from './manifests.ts';

interface Schema {
  readonly properties: Readonly<Record<string, object>>;
  readonly definitions: Readonly<Record<string, { readonly properties: Readonly<Record<string, object>> }>>;
}

function schema(name: string): Schema {
  const file = resolve(import.meta.dirname, '../../../docs/schemas', `${name}.schema.json`);
  return JSON.parse(readFileSync(file, 'utf8')) as Schema;
}

function validatorOf(name: string) {
  const ajv = new Ajv({ allErrors: true, strictTypes: false });
  for (const each of ['manifest', 'stackato']) ajv.addSchema(schema(each));
  const validate = ajv.getSchema(`${name}.schema.json`);
  if (validate === undefined) throw new Error(`There is no schema ${name}.`);
  return (text: string) => (validate(parse(text, { merge: true })) === true ? [] : (validate.errors ?? []));
}

function namesIn(table: Attributes): string[] {
  return Object.entries(table)
    .flatMap(([name, { alias }]) => (alias === undefined ? [name] : [name, alias]))
    .sort();
}

/** What the first column of a table names, until the next heading. */
function namesInTable(text: string, heading: string): string[] {
  const [, rest = ''] = text.split(`\n${heading}`);
  const [section = ''] = rest.split('\n## ');
  const rows = section.split('\n').flatMap((line) => /^\| (`[^|]*) \|/.exec(line)?.[1] ?? []);
  return rows.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name)).sort();
}

describe('the schemas', (it) => {
  it('know each attribute that is read, and no other', () => {
    const { properties, definitions } = schema('manifest');

    assert.equal(Object.keys(definitions['app']?.properties ?? {}).sort(), namesIn(appAttributes));
    assert.equal(Object.keys(definitions['process']?.properties ?? {}).sort(), namesIn(processOnly));
    assert.equal(Object.keys(definitions['sidecar']?.properties ?? {}).sort(), namesIn(sidecarAttributes));
    assert.equal(
      Object.keys(properties).sort(),
      [...namesIn(appAttributes), 'version', 'inherit', 'applications'].sort(),
    );
    assert.equal(Object.keys(schema('stackato').properties).sort(), [...new Set(namesIn(stackatoAttributes))].sort());
  });

  it('are content with every sample', () => {
    for (const kind of ['manifest', 'stackato']) {
      const errorsIn = validatorOf(kind);
      for (const { name, text } of samples(kind)) assert.equal(errorsIn(text), [], name);
    }
  });

  it('are content with what the page about manifests shows', async () => {
    const page = (await documents()).find(({ path }) => path === 'docs/manifest.md');
    for (const kind of ['manifest', 'stackato']) {
      const shown = page?.blocks.filter(({ tags }) => tags.includes(kind)) ?? [];
      assert.ok(shown.length > 0, kind);
      for (const { text } of shown) assert.equal(validatorOf(kind)(text), [], text);
    }
  });

  it('are not content with what is refused', () => {
    const errorsIn = validatorOf('manifest');
    const app = (attributes: string) => `applications:\n- name: a\n  ${attributes}\n`;
    for (const text of [
      'applications: []',
      'applications: a',
      app('memory: 256'),
      app('memory: lots'),
      app('memroy: 1G'),
      app('instances: two'),
      app('routes: [a.localhost]'),
      app('processes: [{command: x}]'),
      app('sidecars: [{name: x, command: y}]'),
      app('no-route: maybe'),
      app('health-check-type: ping'),
    ]) {
      assert.ok(errorsIn(text).length > 0, text);
    }
    const stackato = validatorOf('stackato');
    for (const text of ['mem: much', 'hooks: {post-push: x}', 'env: {A: {defualt: 1}}', 'nme: x']) {
      assert.ok(stackato(text).length > 0, text);
    }
  });

  it('are told of in the page about manifests, attribute by attribute', async () => {
    const page = (await documents()).find(({ path }) => path === 'docs/manifest.md');
    const text = page?.text ?? '';

    const said = namesInTable(text, '## A manifest').filter((name) => !['none', 'process', 'web'].includes(name));
    const known = [...namesIn(appAttributes), 'inherit', 'applications'].sort();
    assert.equal([...new Set(said)], known);
    assert.equal(
      [...new Set(namesInTable(text, '## stackato.yml'))].filter((name) => !name.startsWith('localpaas/')),
      [...new Set(namesIn(stackatoAttributes))],
    );
  });
});
