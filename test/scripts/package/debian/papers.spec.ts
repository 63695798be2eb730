import { readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { commands } from '#cli/command-table.ts';
import { debianChangelog, debianVersion } from '../../../../scripts/package/debian/changelog.ts';
import { controlFile, synopsis } from '../../../../scripts/package/debian/control.ts';
import { debianCopyright } from '../../../../scripts/package/debian/copyright.ts';
import { manPage } from '../../../../scripts/package/debian/man-page.ts';
import { describe } from '../../../support/spec.ts';

const builtAt = new Date('2026-02-03T04:05:06Z');
const maintainer = 'Ada <ada@example.org>';

describe("the papers of Debian's package", (it) => {
  it('have a changelog as Debian writes it', () => {
    const markdown = `# Changelog

What changed.

## 1.1.0-rc.1 (unreleased)

- One thing that takes more than the eighty characters which a line of such a changelog
  may have.
- Another.

## 1.0.0 (2026-01-02)

- The first.
`;

    assert.is(
      debianChangelog(markdown, maintainer, builtAt),
      `localpaas (1.1.0~rc.1) unstable; urgency=medium

  * One thing that takes more than the eighty characters which a line of such a
    changelog may have.
  * Another.

 -- Ada <ada@example.org>  Tue, 03 Feb 2026 04:05:06 +0000

localpaas (1.0.0) unstable; urgency=medium

  * The first.

 -- Ada <ada@example.org>  Fri, 02 Jan 2026 12:00:00 +0000
`,
    );
  });

  it('have a changelog of this version, with each of its changes', () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    const markdown = readFileSync('CHANGELOG.md', 'utf8');

    const changelog = debianChangelog(markdown, maintainer, builtAt);

    assert.match(changelog, new RegExp(`^localpaas \\(${debianVersion(version)}\\) unstable`));
    assert.is(changelog.match(/^ {2}\* /gm)?.length, markdown.match(/^- /gm)?.length);
  });

  it('name the place where Debian has the Apache License, and keep everything else', () => {
    const license = readFileSync('LICENSE', 'utf8').trim();
    const indented = license.replaceAll(/^(?=.)/gm, '    ');

    const text = debianCopyright(
      `one\n\n${license}\n\ntwo, Copyright 2020 Somebody\n\n${indented}`,
      'https://example.org',
    );

    assert.match(text, 'Its source is at https://example.org.');
    assert.is(text.match(/see \/usr\/share\/common-licenses\/Apache-2\.0/g)?.length, 2);
    assert.not.match(text, 'Grant of Patent License');
    assert.match(text, 'two, Copyright 2020 Somebody');
  });

  it('have a man page that names every command, and no request by accident', () => {
    const page = manPage('1.0.0', builtAt);

    assert.match(page, '.TH LOCALPAAS 1 2026-02-03 "localpaas 1.0.0"');
    const terms = page.split('\n').filter((line) => line.startsWith('.B '));
    for (const { name } of commands) {
      const term = `.B ${name.replaceAll('-', '\\-')}`;
      assert.ok(
        terms.some((line) => line === term || line.startsWith(`${term} `)),
        name,
      );
    }
    const requests = page.split('\n').filter((line) => /^[.']/.test(line));
    assert.ok(requests.every((line) => /^\.(TH|SH|TP|PP|B|I|RI)( |$)/.test(line)));
  });

  it('have a control file without what is not known', () => {
    const facts = { version: '1.0.0', architecture: 'amd64', maintainer, depends: 'libc6', installedKb: 7 };

    assert.not.match(controlFile({ ...facts }), 'Homepage');
    assert.match(controlFile({ ...facts, homepage: 'https://example.org' }), '\nHomepage: https://example.org\n');
    assert.ok(synopsis.length < 80 && controlFile(facts).includes(`Description: ${synopsis}\n`));
  });
});
