import { setImmediate as nextTurn } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { Bursts } from '#components/router/bursts.ts';
import { describe } from '../../support/spec.ts';

describe('bursts', (it) => {
  it('have what is written in one turn leave at its end, in order', async () => {
    const { bursts, sent, sender } = opened();

    for (const name of ['a', 'b', 'c']) bursts.add(sender(name));
    const atOnce = sent.length;
    await nextTurn();

    assert.equal(atOnce, 0);
    assert.equal(sent, ['a', 'b', 'c']);
  });

  it('keep no more than eight waiting', async () => {
    const { bursts, sent, sender } = opened();

    for (let at = 0; at < 20; at += 1) bursts.add(sender(`${at}`));
    const atOnce = sent.length;
    await nextTurn();

    assert.equal(atOnce, 16);
    assert.equal(sent.length, 20);
    assert.equal(sent, [...Array(20).keys()].map(String));
  });

  it('take what a sender adds while it sends', async () => {
    const { bursts, sent, sender } = opened();

    bursts.add({ send: () => bursts.add(sender('late')) });
    await nextTurn();
    await nextTurn();

    assert.equal(sent, ['late']);
  });
});

function opened() {
  const sent: string[] = [];
  const sender = (name: string) => ({ send: () => void sent.push(name) });
  return { bursts: new Bursts(), sent, sender };
}
