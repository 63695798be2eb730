import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { parse } from 'yaml';
import { describe } from '../support/spec.ts';
import { App, isCleanEnd, sampleApps } from './run-app.ts';

/** The command which its manifest tells the platform, run as the platform runs it: by a shell. */
const manifest = parse(readFileSync(join(sampleApps, 'static-files', 'manifest.yml'), 'utf8'));
const command = String(manifest.applications[0].command);
const served = { command: ['bash', '-c', command], needs: 'the Debian package python3' } as const;

describe('sample app static-files', (it) => {
  it('serves its page with the command of its manifest', async (scope) => {
    const app = await App.start(scope, 'static-files', served);

    const { status, type, body } = await app.get('/');

    assert.is(status, 200);
    assert.match(type, 'text/html');
    assert.match(body, '<h1>Only files</h1>');
  });

  it('serves whatever its pages refer to, but for the link which shows a 404', async (scope) => {
    const app = await App.start(scope, 'static-files', served);

    for (const page of ['/', '/second/']) {
      const { body } = await app.get(page);
      const references = [...body.matchAll(/ (?:href|src)="(.+?)"/g)].map(([, target]) => target ?? '');
      assert.ok(references.length >= 3);
      for (const target of references) {
        const { pathname } = new URL(target, `http://app${page}`);
        assert.is(
          (await app.get(pathname)).status,
          target === 'nowhere.html' ? 404 : 200,
          `${page} refers to ${target}`,
        );
      }
    }
  });

  it('serves nothing outside the folder public', async (scope) => {
    const app = await App.start(scope, 'static-files', served);

    for (const path of ['/manifest.yml', '/README.md', '/..%2fmanifest.yml']) {
      assert.is((await app.get(path)).status, 404, path);
    }
  });

  it('shows in the README the command of its manifest', () => {
    assert.ok(readFileSync(join(sampleApps, 'static-files', 'README.md'), 'utf8').includes(`--command '${command}'`));
  });

  it('writes each request to its log at once', async (scope) => {
    const app = await App.start(scope, 'static-files', served);

    await app.get('/style.css');

    await app.says('"GET /style.css HTTP/1.1" 200');
    await app.says(`Serving HTTP on 127.0.0.1 port ${app.port}`);
  });

  it('listens on the loopback address only', async (scope) => {
    const app = await App.start(scope, 'static-files', served);

    assert.not(await app.isListening('127.0.0.2'));
  });

  it('leaves on SIGTERM while a connection is open', async (scope) => {
    const app = await App.start(scope, 'static-files', served);
    await app.holdConnection(scope);

    assert.ok(isCleanEnd(await app.stop()));
  });

  it('leaves on SIGTERM', async (scope) => {
    const app = await App.start(scope, 'static-files', served);

    assert.ok(isCleanEnd(await app.stop()));
  });
});
