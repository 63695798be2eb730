/** One archive this machine gets its packages from. */
export interface Source {
  readonly uri: string;
  readonly suite: string;
  readonly components: readonly string[];
  /** A key ring's path, or the key itself as it stands in the file; absent when apt's own key rings are meant. */
  readonly signedBy?: string;
  /** The machine's owner takes what this archive has without a signature. */
  readonly isTrusted?: boolean;
}

/** Releases whose nats-server is too old, and which can run the one of the release below. */
const olderSuites = new Set(['buster', 'bullseye', 'bookworm', 'oldstable', 'oldoldstable']);
const oldestGoodSuite = 'trixie';

/**
 * The archives of the distribution itself, as they stand in apt's files, each with the suite that has a nats-server new
 * enough: its own, or on an older machine that of Debian 13, which the same mirror carries.
 */
export function archivesOf(files: readonly { name: string; text: string }[]): Source[] {
  const sources = files.flatMap(({ name, text }) => (name.endsWith('.sources') ? stanzasOf(text) : linesOf(text)));
  const wanted = sources
    .filter(({ suite, components }) => components.includes('main') && /^[a-z]+$/.test(suite))
    .map((source) => (olderSuites.has(source.suite) ? { ...source, suite: oldestGoodSuite } : source));
  const distinct = new Map(wanted.map((source) => [`${source.uri} ${source.suite}`, source]));
  return [...distinct.values()].sort((a, b) => Number(looksOfficial(b.uri)) - Number(looksOfficial(a.uri)));
}

/** The source in apt's present format. */
export function stanzaOf({ uri, suite, components, signedBy, isTrusted }: Source): string {
  const lines = ['Types: deb', `URIs: ${uri}`, `Suites: ${suite}`, `Components: ${components.join(' ')}`];
  if (signedBy !== undefined) lines.push(`Signed-By: ${signedBy}`);
  if (isTrusted === true) lines.push('Trusted: yes');
  return `${lines.join('\n')}\n`;
}

/** Others, too, name their suites after Debian's; what they carry is not what we look for first. */
function looksOfficial(uri: string): boolean {
  return /\/(debian|raspbian|ubuntu|ubuntu-ports)\/?$/.test(uri) || uri.startsWith('mirror');
}

/** The old format: `deb [option=value …] uri suite component…`. */
function linesOf(text: string): Source[] {
  return text.split('\n').flatMap((line) => {
    const [, options = '', uri, suite, rest = ''] =
      /^\s*deb\s+(?:\[([^\]]*)\]\s*)?(\S+)\s+(\S+)\s+([^#]*)/.exec(line) ?? [];
    if (uri === undefined || suite === undefined) return [];
    const signedBy = /(?:^|\s)signed-by=(\S+)/i.exec(options)?.[1]?.replaceAll(',', ' ');
    const trust = trustOf(signedBy, /(?:^|\s)trusted=(\S+)/i.exec(options)?.[1]);
    return [{ uri, suite, components: wordsOf(rest), ...trust }];
  });
}

/** The present format: stanzas of fields; a line that starts with a blank continues the field above it. */
function stanzasOf(text: string): Source[] {
  const withoutComments = text.replaceAll(/^#.*\n?/gm, '');
  return withoutComments.split(/\n\s*\n/).flatMap((stanza) => {
    const fields = new Map(
      [...stanza.matchAll(/^([\w-]+):[ \t]*(.*(?:\n[ \t].*)*)/gm)].map(([, name = '', value = '']) => [
        name.toLowerCase(),
        value,
      ]),
    );
    if (/^(no|false|without|off|disable|0)$/i.test(fields.get('enabled') ?? '')) return [];
    if (!wordsOf(fields.get('types')).includes('deb')) return [];
    const trust = trustOf(fields.get('signed-by'), fields.get('trusted'));
    const components = wordsOf(fields.get('components'));
    return wordsOf(fields.get('uris')).flatMap((uri) =>
      wordsOf(fields.get('suites')).map((suite) => ({ uri, suite, components, ...trust })),
    );
  });
}

function trustOf(signedBy: string | undefined, trusted: string | undefined): Pick<Source, 'signedBy' | 'isTrusted'> {
  return {
    ...(signedBy === undefined ? {} : { signedBy }),
    ...(trusted?.trim().toLowerCase() === 'yes' ? { isTrusted: true } : {}),
  };
}

function wordsOf(text = ''): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}
