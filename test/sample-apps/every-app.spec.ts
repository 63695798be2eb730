import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { parse } from 'yaml';
import { describe } from '../support/spec.ts';
import { sampleApps } from './run-app.ts';

const names = readdirSync(sampleApps, { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() ? [entry.name] : [],
);
const read = (...path: string[]) => readFileSync(join(sampleApps, ...path), 'utf8');

describe('sample-apps', (it) => {
  it('lists every app, and no other, in the README', () => {
    const listed = [...read('README.md').matchAll(/^\| \[(.+?)\]\((.+?)\) \|/gm)].map(([, name, target]) => {
      assert.is(target, name);
      return name;
    });

    assert.equal(listed.sort(), names.sort());
  });

  for (const name of names) {
    it(`says in the manifest of ${name} all that a push needs to know`, () => {
      const { applications } = parse(read(name, 'manifest.yml'));

      assert.is(applications.length, 1);
      assert.is(applications[0].name, name);
      assert.match(applications[0].memory, /^\d+M$/);
      assert.ok(applications[0].instances >= 1);
    });

    it(`explains ${name}: what it shows, how to push it, what to try next`, () => {
      const text = read(name, 'README.md');

      assert.ok(text.startsWith(`# ${name}\n`));
      assert.ok(text.includes('**What it shows.**'));
      assert.ok(text.includes('localpaas push'));
      const [{ 'no-route': hasNoRoute = false }] = parse(read(name, 'manifest.yml')).applications;
      assert.ok(hasNoRoute || text.includes(`http://${name}.localhost:8080`));
      assert.ok(text.includes('**What to try next**'));
    });
  }
});
