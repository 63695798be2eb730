/** Those of `known` a person may have meant by `given`, the likeliest first, at most three. */
export function similarTo(given: string, known: readonly string[]): string[] {
  const allowed = Math.max(1, Math.floor(given.length / 3));
  return known
    .map((name) => ({
      name,
      distance: name.startsWith(given) ? 0 : distanceOf(given.toLowerCase(), name.toLowerCase()),
    }))
    .filter(({ distance }) => distance <= allowed)
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map(({ name }) => name);
}

/** `Did you mean 'push'? `, with a blank at the end, or nothing. */
export function didYouMean(given: string, known: readonly string[]): string {
  const similar = similarTo(given, known).map((name) => `'${name}'`);
  return similar.length === 0 ? '' : `Did you mean ${similar.join(' or ')}? `;
}

/** How many letters must be added, dropped, replaced or swapped with their neighbour to get from one to the other. */
function distanceOf(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, column) => column)];
  const at = (row: number, column: number) => rows[row]?.[column] ?? 0;
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    rows.push(current);
    for (let column = 1; column <= b.length; column += 1) {
      const isSame = a[row - 1] === b[column - 1];
      const isSwap = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      const replaced = at(row - 1, column - 1) + (isSame ? 0 : 1);
      const swapped = isSwap ? at(row - 2, column - 2) + 1 : replaced;
      current.push(Math.min(replaced, swapped, at(row - 1, column) + 1, (current[column - 1] ?? 0) + 1));
    }
  }
  return at(a.length, b.length);
}
