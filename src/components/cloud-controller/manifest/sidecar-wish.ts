import { ApiError } from '#contract/api/errors.ts';
import type { SidecarChange } from '../changes/sidecars.ts';
import type { SidecarAttributes } from './attributes.ts';
import { sizeOf } from './process-wish.ts';

/** What a manifest wants of a sidecar, which is known by its name. */
export type SidecarWish = SidecarChange & { readonly name: string };

/** @throws ApiError 422 */
export function sidecarWishesOf(entries: readonly SidecarAttributes[]): SidecarWish[] {
  const names = entries.map(({ name }) => name);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) {
    throw new ApiError('CF-UnprocessableEntity', `The sidecar '${twice}' is there twice: say all of it in one entry.`);
  }
  return entries.map(({ name, command, 'process-types': processTypes, memory }) => {
    const memoryMb = sizeOf(`The memory of the sidecar '${name}'`, memory);
    return { name, command, processTypes, ...(memoryMb === undefined ? {} : { memoryMb }) };
  });
}
