/** A line of a listing. */
export interface Entry {
  readonly name: string;
  /** `undefined` for a directory. */
  readonly bytes: number | undefined;
}

const units: readonly (readonly [unit: string, bytes: number])[] = [
  ['T', 2 ** 40],
  ['G', 2 ** 30],
  ['M', 2 ** 20],
  ['K', 2 ** 10],
];

/** A directory as text, sorted by name, without a line end after the last: clients of 2012 show it as it comes. */
export function listingOf(entries: readonly Entry[]): string {
  return [...entries]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, bytes }) => {
      const shown = bytes === undefined ? `${name}/` : name;
      return `${shown.padEnd(35)} ${sizeText(bytes).padStart(10)}`;
    })
    .join('\n');
}

function sizeText(bytes: number | undefined): string {
  if (bytes === undefined) return '-';
  const found = units.find(([, size]) => bytes >= size);
  return found === undefined ? `${bytes}B` : `${(bytes / found[1]).toFixed(1)}${found[0]}`;
}
