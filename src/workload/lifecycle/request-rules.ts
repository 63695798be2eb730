import * as v from 'valibot';
import { ActionableError } from '#ground/errors.ts';
import type { DetectionRules } from './frameworks.ts';

/** Of a manifest or a request. */
export const Rules = v.array(v.record(v.string(), v.union([v.string(), v.boolean()], 'must be a text, true or false')));

/** The rules a request brings, as its sender had the manifest. @throws ActionableError BAD_INPUT naming the place */
export function rulesOfRequest(given: unknown): DetectionRules | undefined {
  if (given === undefined || given === null) return undefined;
  const result = v.safeParse(Rules, given);
  if (result.success) return result.output;
  const [issue] = result.issues;
  const place = ['framework_info.detection', v.getDotPath(issue)].filter((part) => part !== null).join('.');
  throw new ActionableError(
    'BAD_INPUT',
    `${place}: ${issue.message}.`,
    'Send a list of maps, glob → regular expression, or whether such a file must exist; or leave it out.',
  );
}
