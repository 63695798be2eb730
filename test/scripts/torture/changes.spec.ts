import * as assert from 'uvu/assert';
import { changeOf, difficultText } from '../../../scripts/torture/changes.ts';
import { randomFrom } from '../../../scripts/torture/random.ts';
import { describe } from '../../support/spec.ts';

describe('a change', (it) => {
  it('is of one of the kinds that are asked for, each of them in its turn', () => {
    const random = randomFrom(4);
    const changes = Array.from({ length: 200 }, (_, index) =>
      changeOf(random, ['map-route', 'unmap-route', 'start', 'stop', 'create', 'delete'], {
        app: 'shop',
        name: `${index}`,
      }),
    );

    assert.equal([...new Set(changes.map(({ kind }) => kind))].toSorted(), [
      'create',
      'delete',
      'map-route',
      'start',
      'stop',
      'unmap-route',
    ]);
    for (const change of changes) if ('host' in change) assert.match(change.host, /^shop-(first|second|third)$/);
  });
});

describe('difficult text', (it) => {
  it('has quotes, line ends, blanks at the ends, characters of all kinds, and thousands of them', () => {
    const random = randomFrom(3);
    const texts = Array.from({ length: 300 }, (_, index) => difficultText(random, `#${index}`));
    const some = (test: (text: string) => boolean) => assert.ok(texts.some(test));

    some((text) => text.includes('"') && text.includes("'"));
    some((text) => text.includes('\r\n') && text.endsWith('\n'));
    some((text) => text.startsWith(' ') && text.endsWith(' '));
    some((text) => /\p{Extended_Pictographic}/u.test(text));
    some((text) => text.includes('$(id)'));
    some((text) => text.startsWith('-'));
    some((text) => text.length > 20_000);
    for (const text of texts) assert.is(Buffer.from(text).toString(), text);
  });
});
