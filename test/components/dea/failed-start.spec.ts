import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe } from '../../support/spec.ts';
import {
  archiveOf,
  dropletOf,
  exitOf,
  fixtureDroplet,
  linesOf,
  openDea,
  requestFor,
  serveDroplets,
  start,
} from './support.ts';

describe('a start that fails', (it) => {
  it('says what is missing', async (scope) => {
    const dea = await openDea(scope, { path: '/nowhere', programDirectories: [], maxMemoryMb: 300 });
    const droplet = await dropletOf(scope, 'sleep 60');
    const noDroplet = { path: '', sha1: droplet.sha1 };
    const { url } = await serveDroplets(scope, {});
    const cases = {
      ruby: [
        requestFor(droplet, { runtime_info: { name: 'ruby193', executable: 'ruby' } }),
        'The app needs ruby, which is not on this machine: install it with',
      ],
      download: [
        requestFor(noDroplet, { executableUri: url('/gone') }),
        `The droplet cannot be had: ${url('/gone')} answered 404. Stage the app again.`,
      ],
      memory: [
        requestFor(droplet, { limits: { mem: 512 } }),
        'There is no room: it needs 512M of memory, and 300M of 300M are left. Stop other apps, or ask for less.',
      ],
      variable: [
        requestFor(droplet, { env: [`BIG=${'x'.repeat(140_000)}`] }),
        'The environment variable BIG is 137 kB long, and the system takes 128 kB at most.',
      ],
      environment: [
        requestFor(droplet, { env: Array.from({ length: 30 }, (_, n) => `V${n}=${'x'.repeat(100_000)}`) }),
        'The environment of the app is larger than the system takes',
      ],
    } as const;

    for (const [name, [request, words]] of Object.entries(cases)) {
      start(dea, request);
      const exit = await exitOf(dea, request.droplet);
      assert.is(exit.reason, 'CRASHED', name);
      assert.match(exit.exit_description ?? '', `could not be started: ${words}`);
      assert.ok(
        linesOf(dea, request.droplet, 'CELL').some((line) => line.includes(words)),
        name,
      );
      const withdrawal = await dea.withdrawn.first(({ app }) => app === request.droplet);
      assert.equal(withdrawal.uris, request.uris);
    }
  });

  it('says what is wrong with a droplet', async (scope) => {
    const dea = await openDea(scope);
    const scratch = await scratchDirectory(scope);
    await writeFile(join(scratch, 'page'), '<html>');
    const cases = {
      'no gzip': [{ path: join(scratch, 'page'), sha1: 'x' }, 'cannot be read'],
      'no startup': [await archiveOf(scope, { 'app/x': '' }), 'The droplet cannot be used: it has no `startup`'],
      'another one': [{ path: join(scratch, 'page'), sha1: 'a'.repeat(40) }, 'has the SHA-1'],
    } as const;

    for (const [name, [droplet, words]] of Object.entries(cases)) {
      const request = requestFor(droplet);
      start(dea, request);
      assert.match((await exitOf(dea, request.droplet)).exit_description ?? '', words, name);
    }
  });

  it('quotes what a startup complains about', async (scope) => {
    const dea = await openDea(scope);
    const start1 = requestFor(await archiveOf(scope, { startup: '#!/bin/bash\ncd nowhere\nexec no-such-program\n' }));
    const start2 = requestFor(await archiveOf(scope, { startup: '#!/no/such/interpreter\n' }));

    start(dea, start1);
    start(dea, start2);

    const first = await exitOf(dea, start1.droplet);
    assert.is(first.exit_status, 127);
    assert.match(
      first.exit_description ?? '',
      /exited with status 127: a program was not found before it listened on port \d+; its last lines: .*cd: nowhere.*no-such-program: not found/,
    );
    assert.ok(linesOf(dea, start1.droplet, 'APP/PROC/WEB').some((line) => line.includes('no-such-program')));
    assert.match((await exitOf(dea, start2.droplet)).exit_description ?? '', /status 12[67]/);
  });

  it('ends an app that does not listen in time', async (scope) => {
    const dea = await openDea(scope);
    const request = requestFor(await fixtureDroplet(scope, 'never-listens'), {
      health_check: { type: 'port', timeout: 1 },
    });

    start(dea, request);

    const exit = await exitOf(dea, request.droplet);
    assert.is(exit.reason, 'CRASHED');
    assert.match(
      exit.exit_description ?? '',
      /^did not listen on port \d+ within 1 s; its last lines: Running, without listening\.$/,
    );
    assert.equal(dea.registered.messages, []);
  });

  it('tells where an app listens instead', async (scope) => {
    const dea = await openDea(scope, { readyLimitMs: 4_000 });
    const otherPort = 20_000 + (process.pid % 10_000); // outside of the range of outgoing connections
    const listen = (where: string) => dropletOf(scope, `node -e "require('http').createServer().listen(${where})"`);
    const elsewhere = requestFor(await listen(String(otherPort)));
    const ipv6 = requestFor(await listen("process.env.PORT, '::1'"));

    start(dea, elsewhere);
    start(dea, ipv6);

    assert.match(
      (await exitOf(dea, elsewhere.droplet)).exit_description ?? '',
      `it listens on port ${otherPort} instead of the one in $PORT`,
    );
    assert.match((await exitOf(dea, ipv6.droplet)).exit_description ?? '', 'it listens on that port of ::1 only');
  });

  it('takes nobody else for the app', async (scope) => {
    const dea = await openDea(scope, { readyLimitMs: 4_000 });
    // Tells its port and waits, so that the test can listen there before any app does.
    const request = requestFor(await dropletOf(scope, 'sh -c \'echo "$2"; exec sleep 60\' x "$@"'));
    start(dea, request);
    await dea.logs.first(({ source_type }) => source_type === 'APP/PROC/WEB');
    const stranger = createServer().listen(Number(linesOf(dea, request.droplet, 'APP/PROC/WEB')[0]), '127.0.0.1');
    scope.defer(() => new Promise((resolve) => stranger.close(resolve)));

    const exit = await exitOf(dea, request.droplet);

    assert.match(exit.exit_description ?? '', `; another program (pid ${process.pid}) took that port`);
  });

  it('takes an app that ends at once for a crash, also when it succeeded', async (scope) => {
    const dea = await openDea(scope);
    const request = requestFor(await fixtureDroplet(scope, 'exits-zero'));

    start(dea, request);

    const exit = await exitOf(dea, request.droplet);
    assert.equal([exit.reason, exit.exit_status], ['CRASHED', 0]);
    assert.match(
      exit.exit_description ?? '',
      /^exited with status 0 before it listened on port \d+; its last lines: Nothing to do, goodbye\.$/,
    );
  });
});
