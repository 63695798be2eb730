/**
 * The oldest glibc a program for Linux runs with, as in `2.34`: the newest whose symbols it asks for.
 * @returns `undefined` for one that is linked statically
 */
export function glibcOf(program: Uint8Array): string | undefined {
  const names = Buffer.from(program)
    .toString('latin1')
    .matchAll(/\0GLIBC_(\d+(?:\.\d+)+)(?=\0)/g);
  const versions = [...names].map(([, version = '']) => version);
  return versions.sort((a, b) => b.localeCompare(a, 'en', { numeric: true }))[0];
}
