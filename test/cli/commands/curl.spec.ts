import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe } from '../../support/spec.ts';
import { recordedApi, refusal } from '../recorded-api.ts';
import { runCli } from '../run-cli.ts';

describe('curl', (it) => {
  it('prints the body as it came, with status and headers when they are wanted', async (scope) => {
    const { home, requests } = await recordedApi(scope, {
      'GET /v3/apps': { headers: { 'X-Thing': 'yes' }, body: '{"a":  1}' },
    });

    assert.is((await runCli(['curl', '/v3/apps?names=a'], { home })).output, '{"a":  1}');
    assert.is(requests[0]?.headers.authorization, 'bearer first');
    assert.is(requests[0]?.query.get('names'), 'a');
    assert.match(
      (await runCli(['curl', '/v3/apps', '-i'], { home })).output,
      /^HTTP\/1\.1 200 OK\r\n(.*\r\n)*X-Thing: yes\r\n(.*\r\n)*\r\n\{"a": {2}1\}$/,
    );
  });

  it('sends a method, headers and a body, also from a file or standard input', async (scope) => {
    const folder = await scratchDirectory(scope);
    await writeFile(join(folder, 'body'), 'from a file');
    const { home, requests } = await recordedApi(scope, { 'POST /x': {}, 'PUT /x': {} });

    await runCli(['curl', '/x', '-d', '{"a":1}'], { home });
    await runCli(['curl', '/x', '-X', 'put', '-d', '@body', '-H', 'Content-Type: text/plain', '-H', 'X-A: b:c'], {
      home,
      workingDirectory: folder,
    });
    await runCli(['curl', '/x', '-d', '@-'], { home, input: 'piped' });

    assert.equal(
      requests.map(({ method, body, headers }) => [method, body, headers['content-type'], headers['x-a']]),
      [
        ['POST', '{"a":1}', 'application/json', undefined],
        ['PUT', 'from a file', 'text/plain', 'b:c'],
        ['POST', 'piped', 'application/json', undefined],
      ],
    );
  });

  it('exits with 1 when the API refuses, and prints its words', async (scope) => {
    const { home } = await recordedApi(scope, { 'GET /v3/x': refusal(404, 'CF-NotFound', 'Unknown request') });

    const { exitCode, output, messages } = await runCli(['curl', '/v3/x'], { home });

    assert.is(exitCode, 1);
    assert.match(output, /Unknown request/);
    assert.is(messages, '');
  });

  it('refuses what cannot be asked', async () => {
    const cases: [string[], RegExp][] = [
      [['v3/apps'], /'v3\/apps' is no path\.\n.*such as \/v3\/apps/],
      [['/x', '-X', 'G E T'], /'G E T' is no HTTP method/],
      [['/x', '-H', 'no colon'], /'no colon' is no header/],
      [['/x', '-H', 'A: b\r\nC: d'], /is no header/],
      [['/x', '-d', '@/no/such/file'], /\/no\/such\/file cannot be read: ENOENT/],
    ];
    for (const [args, expected] of cases) {
      const { exitCode, messages } = await runCli(['curl', ...args]);

      assert.is(exitCode, 2);
      assert.match(messages, expected);
    }
  });
});
