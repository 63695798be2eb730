import type { ToolFamily } from '#contract/runtimes.ts';

/** The version in what a program or a directory is called: `v20.11.0`, `temurin-17.0.9+9`, `Python 3.11.4`, `go1.22`. */
export function versionIn(family: ToolFamily, text: string): string | undefined {
  const found = /\d+(?:\.\d+)*/.exec(withoutJavaOffset(family, text))?.[0];
  if (found === undefined) return undefined;
  return family === 'java' ? found.replace(/^1\.(?=[5-8](\.|$))/, '') : found;
}

/** `openjdk64-17.0.1`: the width of its words is no version. */
function withoutJavaOffset(family: ToolFamily, text: string): string {
  return family === 'java' ? text.replace(/^[a-z]+64-/, '') : text;
}

/** What people call a version: `node20`, `python311`, `php82`, `java17`. */
export function nameOf(family: ToolFamily, version: string | null): string {
  if (version === null) return family;
  const [major = '', minor] = version.split('.');
  const isMajorEnough = family === 'node' || family === 'java' || minor === undefined;
  return `${family}${isMajorEnough ? major : major + minor}`;
}

/** Which of two versions is the later one, as `sort` takes it. */
export function compareVersions(one: string, other: string): number {
  const [a, b] = [numbersOf(one), numbersOf(other)];
  for (let at = 0; at < Math.max(a.length, b.length); at++) {
    const difference = (a[at] ?? 0) - (b[at] ?? 0);
    if (difference !== 0) return Math.sign(difference);
  }
  return 0;
}

/** The numbers of a version: `3.11.4` is 3, 11, 4. */
export function numbersOf(version: string): number[] {
  return version.split('.').map(Number);
}
