import type { BackgroundWork } from '../background-work.ts';
import type { Store } from '../store.ts';
import type { Blobs } from './blobs.ts';

const kindsWithBits = ['package', 'droplet', 'buildpack'] as const;

/** Whether a record needs the blob. */
export function isReferenced(store: Store, sha256: string): boolean {
  const isNamed = kindsWithBits.some((kind) => store.all(kind).some((each) => each.sha256 === sha256));
  return isNamed || store.all('droplet').some(({ layer }) => layer?.sha256 === sha256);
}

/** Blobs go with the last record that names them. @returns what to dispose of */
export function collectBlobs(
  { background, store }: { readonly background: BackgroundWork; readonly store: Store },
  blobs: Blobs,
): Disposable[] {
  const collect = (before: string | null | undefined, now: string | null | undefined) => {
    if (before && now !== before) background.run('blob not removed', () => blobs.collect(before));
  };
  return [
    ...kindsWithBits.map((kind) => store.onChange(kind, ({ now, before }) => collect(before?.sha256, now?.sha256))),
    store.onChange('droplet', ({ now, before }) => collect(before?.layer?.sha256, now?.layer?.sha256)),
  ];
}
