import * as assert from 'uvu/assert';
import { sleep } from '#ground/wait.ts';
import { readAction } from '#workload/lifecycle/replay/action.ts';
import { execute } from '#workload/lifecycle/replay/execute.ts';
import { describe } from '../../../support/spec.ts';
import { thrownBy } from '../../../support/thrown.ts';

const download = (from: string) => ({ download: { from, to: '/tmp/x' } });

/** Carries out a tree whose downloads wait as many ms as they are named by, and fail when negative. */
async function played(tree: unknown, stop = new AbortController()) {
  const seen: string[] = [];
  const doing = execute(
    readAction(tree),
    {
      download: async ({ from }, signal) => {
        await sleep(Math.abs(Number(from)), signal);
        if (Number(from) < 0) throw new Error(`no ${from}`);
        seen.push(from);
      },
      upload: async () => {},
      run: async ({ path }) => void seen.push(path),
      tell: (message) => void seen.push(message),
      forgive: (error) => void seen.push(`forgiven: ${(error as Error).message}`),
    },
    stop.signal,
  );
  return doing.then(
    () => seen,
    (error: Error) => [...seen, error.message],
  );
}

describe('a recorded action', (it) => {
  it('is carried out in order, or together', async () => {
    assert.equal(await played({ serial: { actions: [download('20'), download('1')] } }), ['20', '1']);
    assert.equal(await played({ parallel: { actions: [download('20'), download('1')] } }), ['1', '20']);
  });

  it('ends with the first that fails, unless it is only tried', async () => {
    const failing = [download('-1'), download('1')];
    assert.equal(await played({ serial: { actions: failing } }), ['no -1']);
    assert.equal(await played({ parallel: { actions: [download('-1'), download('5000')] } }), ['no -1']);
    const tried = { serial: { actions: [{ try: { action: download('-1') } }, download('1')] } };
    assert.equal(await played(tried), ['forgiven: no -1', '1']);
  });

  it('tells how it goes', async () => {
    const told = (from: string) =>
      played({ emit_progress: { action: download(from), start_message: 'go', failure_message_prefix: 'bad' } });
    assert.equal(await told('1'), ['go', '1']);
    assert.equal(await told('-1'), ['go', 'bad', 'no -1']);
  });

  it('ends when its time is over, or somebody asks for it', async () => {
    const [late] = await played({ timeout: { action: { try: { action: download('5000') } }, timeout_ms: 30 } });
    assert.match(late ?? '', /took longer than the 0\.03 s/);
    assert.equal(await played({ timeout: { action: download('1'), timeout_ms: 0 } }), ['1']);
    const stop = new AbortController();
    const stopped = played({ try: { action: download('5000') } }, stop);
    stop.abort(new Error('stop'));
    assert.equal(await stopped, ['stop']);
    assert.match((await thrownBy(() => readAction({ try: {} }))).message, /action\.try/);
  });
});
