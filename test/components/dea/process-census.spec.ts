import { randomUUID } from 'node:crypto';
import * as assert from 'uvu/assert';
import { instanceVariable, ProcessCensus } from '#components/dea/process-census.ts';
import { type Child, startChild } from '#ground/child.ts';
import { identityOf, type ProcessIdentity, processTable } from '#ground/processes.ts';
import { waitFor } from '#ground/wait.ts';
import { describe, type Scope } from '../../support/spec.ts';

const env = { PATH: process.env['PATH'] ?? '' };

/** A shell in a session of its own, and what it runs. */
async function run(scope: Scope, script: string, more: Record<string, string> = {}): Promise<Child> {
  return scope.use(
    await startChild({ program: '/bin/bash', args: ['-c', script], env: { ...env, ...more }, graceMs: 0 }),
  );
}

async function leaderOf(child: Child): Promise<ProcessIdentity> {
  return (await identityOf(child.pid)) ?? { pid: child.pid, startedAt: '' };
}

function untilMembers(census: ProcessCensus, instance: string, count: number) {
  return waitFor(
    `${count} processes`,
    async () => {
      const members = await census.membersOf(instance);
      return members.length === count ? members : undefined;
    },
    { limitMs: 15_000 },
  );
}

describe('process census', (it) => {
  it('counts the processes of a session, whatever their environment', async (scope) => {
    const child = await run(scope, 'env -i /bin/sleep 60 & env -i /bin/sleep 60 & wait');
    const census = new ProcessCensus();

    census.addSession('one', await leaderOf(child));

    const members = await untilMembers(census, 'one', 3);
    assert.ok(members.some(({ pid }) => pid === child.pid));
  });

  it('counts daemons that made a session of their own', async (scope) => {
    const instance = randomUUID();
    const child = await run(scope, 'setsid sleep 60 & wait', { [instanceVariable]: instance });
    const census = new ProcessCensus();

    const daemon = await waitFor(
      'the daemon in a session of its own',
      async () => (await census.membersOf(instance)).find(({ sessionId }) => sessionId !== child.pid),
      { limitMs: 15_000 },
    );

    scope.defer(() => process.kill(daemon.pid, 'SIGKILL'));
    assert.is((await census.membersOf(instance)).length, 2);
  });

  it('tells instances apart', async (scope) => {
    const [first, second] = [randomUUID(), randomUUID()];
    await run(scope, 'sleep 60; true', { [instanceVariable]: first });
    await run(scope, 'sleep 60; true', { [instanceVariable]: second });
    const census = new ProcessCensus();

    const pids = [await untilMembers(census, first, 2), await untilMembers(census, second, 2)]
      .flat()
      .map(({ pid }) => pid);

    assert.is(new Set(pids).size, 4);
  });

  it('does not count the dead', async (scope) => {
    const instance = randomUUID();
    // The parent never collects its child, which stays in the process table.
    const child = await run(scope, 'sleep 0.01 & exec sleep 60', { [instanceVariable]: instance });
    const isDead = async () =>
      (await processTable()).find(({ parentPid, state }) => parentPid === child.pid && state === 'Z');
    await waitFor('a process that is dead and not collected', isDead, { limitMs: 15_000 });

    const members = await new ProcessCensus().membersOf(instance);

    assert.equal(
      members.map(({ pid }) => pid),
      [child.pid],
    );
  });

  it('takes nobody for a member who only has the number of an old session', async (scope) => {
    const child = await run(scope, 'sleep 60; true');
    const census = new ProcessCensus();

    census.addSession('old', { pid: child.pid, startedAt: 'long ago' });

    assert.equal(await census.membersOf('old'), []);
  });

  it('forgets a session', async (scope) => {
    const child = await run(scope, 'sleep 60; true');
    const census = new ProcessCensus();
    census.addSession('one', await leaderOf(child));
    await untilMembers(census, 'one', 2);

    census.removeSession('one');

    assert.equal(await census.membersOf('one'), []);
  });
});
