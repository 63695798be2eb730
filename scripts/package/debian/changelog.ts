/**
 * The project's CHANGELOG.md as Debian writes changelogs: a section for each version, its bullets one by one.
 * @param builtAt of versions which have no date yet
 */
export function debianChangelog(markdown: string, maintainer: string, builtAt: Date): string {
  const sections = markdown.split(/^## /m).slice(1);
  return sections.map((section) => debianSection(section, maintainer, builtAt)).join('\n');
}

function debianSection(section: string, maintainer: string, builtAt: Date): string {
  const [title = '', ...lines] = section.split('\n');
  const [, version = '', date = ''] = /^(\S+)(?: \((.*)\))?/.exec(title) ?? [];
  const releasedAt = /^\d{4}-\d\d-\d\d$/.test(date) ? new Date(`${date}T12:00:00Z`) : builtAt;
  const changes = lines.join('\n').split(/^- /m).slice(1);
  return [
    `localpaas (${debianVersion(version)}) unstable; urgency=medium`,
    '',
    ...changes.map((change) => wrapped(change.trim().split(/\s+/))),
    '',
    ` -- ${maintainer}  ${mailDate(releasedAt)}`,
    '',
  ].join('\n');
}

/** `1.0.0-rc.1` comes before `1.0.0`; for Debian, it does as `1.0.0~rc.1`. */
export function debianVersion(version: string): string {
  return version.replace('-', '~');
}

/** As in mails: `Fri, 21 Nov 2025 15:00:00 +0000`. */
function mailDate(date: Date): string {
  return date.toUTCString().replace('GMT', '+0000');
}

/** A bullet in lines of at most 80 characters. */
function wrapped(words: readonly string[]): string {
  const lines = ['  *'];
  for (const word of words) {
    const line = `${lines.at(-1)} ${word}`;
    if (line.length <= 80) lines[lines.length - 1] = line;
    else lines.push(`    ${word}`);
  }
  return lines.join('\n');
}
