import { ApiError } from '#contract/api/errors.ts';
import { isProcessType } from '../changes/current-droplet.ts';
import { checkStack } from '../lifecycle.ts';
import type { AppAttributes } from './attributes.ts';

/** Attributes that would make another app of it, and what to do without them. */
const refusals: Readonly<Record<string, string>> = {
  docker: 'Docker images are not supported: push the source of the app.',
  services: 'services are not supported yet: put what the app needs to reach them into env.',
};

/**
 * What cannot be done is said, not left out in silence.
 * @throws ApiError 422
 */
export function checkSupported(attributes: AppAttributes): void {
  for (const [key, detail] of Object.entries(refusals)) {
    if (!isEmpty(attributes[key])) throw refused(detail);
  }
  const { lifecycle = null, stack = null, processes, routes } = attributes;
  if (lifecycle !== null && lifecycle !== 'buildpack') {
    throw refused(`lifecycle '${lifecycle}' is not supported: leave it out.`);
  }
  checkStack(stack);
  const types = processes?.map(({ type }) => type) ?? [];
  const unusable = types.find((type) => !isProcessType(type));
  if (unusable !== undefined) {
    throw refused(`'${unusable}' is no type of a process: use letters, digits, - and _, at most 63, a letter first.`);
  }
  const twice = types.find((type, at) => types.indexOf(type) !== at);
  if (twice !== undefined) throw refused(`The process '${twice}' is there twice: say all of it in one entry.`);
  const protocol = routes?.find((each) => (each.protocol ?? 'http1') !== 'http1')?.protocol;
  if (protocol) throw refused(`The protocol '${protocol}' is not supported, only http1.`);
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || (Array.isArray(value) && value.length === 0);
}

function refused(detail: string): ApiError {
  return new ApiError('CF-UnprocessableEntity', detail);
}
