const apache = /^ *Apache License\n +Version 2\.0, January 2004\n[\s\S]*?END OF TERMS AND CONDITIONS\n/gm;

/** Debian's file `copyright`. Its systems have the Apache License at a place of their own, so each copy becomes a line. */
export function debianCopyright(licences: string, homepage: string | undefined): string {
  const where = '    Apache License, Version 2.0: see /usr/share/common-licenses/Apache-2.0\n';
  return [
    'This package was made by the build of localpaas itself.',
    ...(homepage === undefined ? [] : [`Its source is at ${homepage}.`]),
    '',
    'Copyright: the authors of localpaas, and those of the parts named below',
    '',
    licences.replaceAll(apache, where),
    '',
  ].join('\n');
}
