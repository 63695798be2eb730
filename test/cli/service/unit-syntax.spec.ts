import * as assert from 'uvu/assert';
import { socketAddress, unitCommand, unitWord } from '#cli/service/unit-syntax.ts';
import { describe } from '../../support/spec.ts';

describe('unit syntax', (it) => {
  it('leaves alone what means nothing to systemd, and quotes the rest', () => {
    const words: [text: string, word: string][] = [
      ['/usr/bin/localpaas', '/usr/bin/localpaas'],
      ['PATH=/a:/b', 'PATH=/a:/b'],
      ['', '""'],
      ['/home/pi/my apps', '"/home/pi/my apps"'],
      ['100%', '100%%'],
      ['%h and %i', '"%%h and %%i"'],
      ['say "hi"', '"say \\"hi\\""'],
      ["it's", '"it\'s"'],
      ['back\\slash', '"back\\\\slash"'],
      ['a;b', '"a;b"'],
      [';', '";"'],
      ['#no comment', '"#no comment"'],
      ['/home/jürgen', '"/home/jürgen"'],
      ['$HOME', '"$HOME"'],
    ];
    for (const [text, word] of words) assert.is(unitWord(text), word, text);
  });

  it('doubles the dollars of arguments, but not those of the program', () => {
    assert.is(
      unitCommand(['/opt/$5/localpaas', 'up', '--domain', '$HOME']),
      '"/opt/$5/localpaas" up --domain "$$HOME"',
    );
    assert.is(unitCommand(['/usr/bin/node', '/opt/a b/$x.cjs', 'up']), '/usr/bin/node "/opt/a b/$$x.cjs" up');
  });

  it('has a shell become a program whose path systemd would refuse', () => {
    assert.is(
      unitCommand([`/opt/isn't $5/localpaas`, 'up']),
      `/bin/sh -c "exec \\"$$0\\" \\"$$@\\"" "/opt/isn't $$5/localpaas" up`,
    );
  });

  it('puts brackets around an address of version 6', () => {
    assert.is(socketAddress('127.0.0.1', 80), '127.0.0.1:80');
    assert.is(socketAddress('::', 8080), '[::]:8080');
  });
});
