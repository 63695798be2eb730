import { spawn } from 'node:child_process';
import { connect } from 'node:net';
import { deaStop } from '#contract/dea.ts';
import { describe } from '/work/main/test/support/spec.ts';
import { fixtureDroplet, openDea, requestFor, startRunning } from '/work/main/test/components/dea/support.ts';

const bare = () => new Promise<number>((resolve) => {
  const t = performance.now();
  const child = spawn(process.execPath, ['/work/main/test/fixtures/echo-env/app.js'], { env: { PATH: process.env['PATH'], PORT: '61555' }, stdio: ['ignore', 'ignore', 'ignore'] });
  const poll = () => { const s = connect(61555, '127.0.0.1'); s.on('connect', () => { s.destroy(); const d = performance.now() - t; child.on('exit', () => resolve(d)); child.kill('SIGKILL'); }); s.on('error', () => setTimeout(poll, 2)); };
  poll();
});
const median = (xs: number[]) => xs.sort((a, b) => a - b)[xs.length >> 1];
describe('bench', (it) => {
  it('measures', async (scope) => {
    const dea = await openDea(scope);
    const droplet = await fixtureDroplet(scope, 'echo-env');
    const bares: number[] = [], deas: number[] = [], first: number[] = [];
    for (let i = 0; i < 15; i++) {
      bares.push(await bare());
      const request = requestFor(droplet, { droplet: `app${i}` });
      const t = performance.now();
      await startRunning(dea, request);
      deas.push(performance.now() - t);
      if (i === 0) first.push(deas[0]!);
      dea.bus.publish(deaStop, { droplet: `app${i}` });
      await dea.exits.first((e) => e.droplet === `app${i}`);
    }
    console.error('bare', median(bares), 'dea', median(deas), 'first', first[0], 'ratio', median(deas)! / median(bares)!, 'after', dea.logged.filter(e => e.event === 'instance is running').map(e => e.fields['afterMs']).join(' '));
  }, { timeoutMs: 60_000 });
});
