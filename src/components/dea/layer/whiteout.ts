/** As the image specification of OCI has it. */
const prefix = '.wh.';
const opaqueName = '.wh..wh..opq';

/** What a member of a layer takes away: a path, or everything in a directory. */
export interface Whiteout {
  readonly path: string;
  readonly isOpaque: boolean;
}

/**
 * What the member with this path takes away, `undefined` for one that is what its name says, or why it is refused.
 * @param path without `.`, `..` and doubled `/`
 */
export function whiteoutOf(path: string): Whiteout | { readonly refusal: string } | undefined {
  const steps = path.split('/');
  const name = steps.pop() ?? '';
  if (steps.some((step) => step.startsWith(prefix))) return { refusal: 'lies below what is taken away' };
  if (!name.startsWith(prefix)) return undefined;
  if (name === opaqueName) return { path: steps.join('/'), isOpaque: true };
  const taken = name.slice(prefix.length);
  // What would be `.` or `..` is another directory than the one it stands in.
  if (['', '.', '..'].includes(taken)) return { refusal: 'takes nothing away that has a name' };
  if (taken.startsWith(prefix)) return { refusal: 'is of a kind that is not known here' };
  return { path: [...steps, taken].join('/'), isOpaque: false };
}
