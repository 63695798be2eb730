import * as assert from 'uvu/assert';
import { archivesOf, stanzaOf } from '../../../scripts/nats-server/debian-sources.ts';
import { describe } from '../../support/spec.ts';

const keyRing = '/usr/share/keyrings/debian-archive-keyring.gpg';
const list = (text: string) => archivesOf([{ name: '/etc/apt/sources.list', text }]);
const stanzas = (text: string) => archivesOf([{ name: '/etc/apt/sources.list.d/debian.sources', text }]);

describe("the archives of a machine's distribution", (it) => {
  it('are read from the one-line format', () => {
    const archives = list(`
# deb http://commented.example/debian trixie main
deb [arch=amd64 signed-by=${keyRing}] http://mirror.example/debian/ trixie main contrib # the mirror next door
deb-src http://mirror.example/debian/ trixie main
deb http://security.example/debian-security trixie-security main
deb http://mirror.example/debian trixie-updates main
`);

    assert.equal(archives, [
      { uri: 'http://mirror.example/debian/', suite: 'trixie', components: ['main', 'contrib'], signedBy: keyRing },
    ]);
  });

  it('are read from the format with stanzas', () => {
    const archives = stanzas(`
# a comment
Types: deb deb-src
URIs: http://one.example/debian http://two.example/debian
Suites: trixie trixie-updates trixie-backports
# a comment between fields
Components: main
Signed-By: ${keyRing}

Types: deb
URIs: http://security.example/debian-security
Suites: trixie-security
Components: main

Enabled: no
Types: deb
URIs: http://disabled.example/debian
Suites: trixie
Components: main

Types: deb-src
URIs: http://sources.example/debian
Suites: trixie
Components: main
`);

    assert.equal(
      archives.map(({ uri, suite }) => `${uri} ${suite}`),
      ['http://one.example/debian trixie', 'http://two.example/debian trixie'],
    );
  });

  it('keep a key that stands in the file itself', () => {
    const key = '\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n mDMEYCQjIxYJ\n -----END PGP PUBLIC KEY BLOCK-----';
    const [archive] = stanzas(
      `Types: deb\nURIs: http://one.example/debian\nSuites: trixie\nComponents: main\nSigned-By:${key}\n`,
    );

    assert.ok(archive !== undefined);
    assert.match(stanzaOf(archive), `Signed-By: ${key}`);
    assert.equal(stanzas(stanzaOf(archive)), [archive]);
  });

  it('keep the trust which their owner has in them', () => {
    const [line] = list('deb [trusted=yes] http://one.example/debian trixie main');
    const [stanza] = stanzas(
      'Types: deb\nURIs: http://one.example/debian\nSuites: trixie\nComponents: main\nTrusted: yes\n',
    );

    assert.is(line?.isTrusted, true);
    assert.equal(stanza, line);
    assert.match(stanzaOf({ uri: 'u', suite: 's', components: ['main'], isTrusted: true }), 'Trusted: yes');
  });

  it('of an older release lend the next one, which the same mirror carries', () => {
    for (const suite of ['bookworm', 'bullseye', 'oldstable']) {
      assert.is(list(`deb http://mirror.example/debian ${suite} main`)[0]?.suite, 'trixie');
    }
    for (const suite of ['trixie', 'forky', 'stable', 'sid', 'noble']) {
      assert.is(list(`deb http://mirror.example/debian ${suite} main`)[0]?.suite, suite);
    }
  });

  it('come before those of others which use the same suite names', () => {
    const archives = list(`
deb https://vendor.example/repo bookworm main
deb http://mirror.example/debian bookworm main
deb https://vendor.example/other bookworm stable
`);

    assert.equal(
      archives.map(({ uri }) => uri),
      ['http://mirror.example/debian', 'https://vendor.example/repo'],
    );
  });

  it('are none where there is no such file', () => {
    assert.equal(archivesOf([]), []);
    assert.equal(list('this is no source\n'), []);
    assert.equal(stanzas('neither: is this\n'), []);
  });
});
