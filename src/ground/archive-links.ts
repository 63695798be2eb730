const maxHops = 40;

/**
 * Where a symbolic link of an archive leads, walked step by step as the system would, following the archive's other
 * links: what `..` means depends on them.
 * @param targetOf the target of each symbolic link of the archive, `undefined` for every other path
 */
export function whereLinkLeads(
  path: string,
  targetOf: (path: string) => string | undefined,
): 'inside' | 'outside' | 'nowhere' | 'in circles' {
  const place = path.split('/');
  const ahead = [place.pop() ?? ''];
  let hops = 0;
  for (let step = ahead.pop(); step !== undefined; step = ahead.pop()) {
    const target = step === '..' ? undefined : targetOf([...place, step].join('/'));
    if (target === undefined) {
      if (!walk(step, place)) return 'outside';
      continue;
    }
    const end = endOf(target, ++hops);
    if (end !== undefined) return end;
    ahead.push(...target.split('/').reverse());
  }
  return 'inside';
}

/** Goes one step on from `place`. @returns whether there is such a place inside */
function walk(step: string, place: string[]): boolean {
  if (step === '..') return place.pop() !== undefined;
  if (step !== '' && step !== '.') place.push(step);
  return true;
}

function endOf(target: string, hops: number): 'outside' | 'nowhere' | 'in circles' | undefined {
  if (target === '' || target.includes('\0')) return 'nowhere';
  if (target.startsWith('/') || target.includes('\\')) return 'outside';
  return hops > maxHops ? 'in circles' : undefined;
}
