/** Absolute links under the address the client used, as the API has them. */
export function linksAt(base: string, paths: Readonly<Record<string, string>>): Record<string, { href: string }> {
  return Object.fromEntries(Object.entries(paths).map(([name, path]) => [name, { href: `${base}${path}` }]));
}

/** A to-one relationship. */
export function to(guid: string | null): { data: { guid: string } | null } {
  return { data: guid === null ? null : { guid } };
}

export const noMetadata = { labels: {}, annotations: {} } as const;
