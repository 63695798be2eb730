/** Which of two versions is newer, in the order of semver.org: negative when `a` is older, 0 when they are equal. */
export function compareVersions(a: string, b: string): number {
  const [one, other] = [partsOf(a), partsOf(b)];
  const byNumber = compareLists(one.numbers, other.numbers);
  if (byNumber !== 0) return byNumber;
  // 1.0.0-rc.1 comes before 1.0.0.
  if (one.pre.length === 0 || other.pre.length === 0) return other.pre.length - one.pre.length;
  return compareLists(one.pre, other.pre);
}

function partsOf(version: string): { numbers: string[]; pre: string[] } {
  const [core = '', ...pre] = (version.split('+')[0] ?? '').split('-');
  return { numbers: core.split('.'), pre: pre.length === 0 ? [] : pre.join('-').split('.') };
}

function compareLists(one: readonly string[], other: readonly string[]): number {
  for (let at = 0; at < Math.max(one.length, other.length); at += 1) {
    const order = compareParts(one[at], other[at]);
    if (order !== 0) return order;
  }
  return 0;
}

function compareParts(one: string | undefined, other: string | undefined): number {
  if (one === undefined || other === undefined) return Number(one !== undefined) - Number(other !== undefined);
  const [a, b] = [one, other].map((part) => (/^\d+$/.test(part) ? Number(part) : part));
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (typeof a === typeof b) return one < other ? -1 : Number(one > other);
  return typeof a === 'number' ? -1 : 1;
}
