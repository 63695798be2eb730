import { createServer, type RequestListener, type Server } from 'node:http';
import * as assert from 'uvu/assert';
import { listen } from '#ground/ports.ts';
import { sleep } from '#ground/wait.ts';
import { freePort } from '../../../scripts/bench/first-answer.ts';
import { takeover } from '../../../scripts/bench/takeover.ts';
import { describe, type Scope } from '../../support/spec.ts';
import { thrownBy } from '../../support/thrown.ts';

const { signal } = new AbortController();
const afterMs = 150;

async function serve(scope: Scope, port: number, answer: RequestListener): Promise<Server> {
  const server = createServer(answer);
  await listen(server, { host: '127.0.0.1', port, who: 'The test' });
  scope.defer(() => end(server));
  return server;
}

async function end(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
}

describe('a new version that takes over under requests', (it) => {
  it('is timed from the change to its first answer; nothing is lost where nothing was refused', async (scope) => {
    const port = await freePort();
    let version = 'old';
    await serve(scope, port, (_, response) => response.end(`${version} answers`));
    const make = async () => {
      setTimeout(() => {
        version = 'new';
      }, 100);
    };

    const { ms, failed, old } = await takeover({ port }, { version: 'new', make, afterMs }, signal);

    assert.ok(ms >= 99, `${ms} ms`);
    assert.equal({ failed, old }, { failed: 0, old: 0 });
  });

  it('counts what is refused meanwhile, and answers that are no 200', async (scope) => {
    const port = await freePort();
    const first = await serve(scope, port, (_, response) => response.end('old answers'));
    let refusals = 0;
    const make = async () => {
      await end(first);
      await sleep(50);
      await serve(scope, port, (_, response) => {
        refusals += 1;
        if (refusals <= 3) response.writeHead(502).end('new is not ready');
        else response.end('new answers');
      });
    };

    const { ms, failed, old } = await takeover({ port }, { version: 'new', make, afterMs }, signal);

    assert.ok(ms >= 49, `${ms} ms`);
    assert.ok(failed > 3, `${failed} failed`);
    assert.is(old, 0);
  });

  it('counts answers of another version to those who ask after the new one answered', async (scope) => {
    const port = await freePort();
    let answers: readonly string[] = ['old'];
    let count = 0;
    await serve(scope, port, (_, response) => {
      count += 1;
      response.end(`${answers[count % answers.length]} answers`);
    });
    const make = async () => {
      answers = ['old', 'new'];
    };

    const { failed, old } = await takeover({ port }, { version: 'new', make, afterMs }, signal);

    assert.is(failed, 0);
    assert.ok(old > 0, `${old} old`);
  });

  it('is no takeover when the change itself failed', async (scope) => {
    const port = await freePort();
    await serve(scope, port, (_, response) => response.end('old answers'));
    const make = () => Promise.reject(new Error('refused'));

    assert.is((await thrownBy(() => takeover({ port }, { version: 'new', make }, signal))).message, 'refused');
  });
});
