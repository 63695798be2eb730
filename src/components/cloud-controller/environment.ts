import { ApiError } from '#contract/api/errors.ts';

/** `null` takes a variable away. @throws ApiError 422 */
export function changedEnvironment(
  before: Readonly<Record<string, string>>,
  changes: Readonly<Record<string, unknown>>,
): Record<string, string> {
  const after = new Map(Object.entries(before));
  for (const [name, value] of Object.entries(changes)) {
    checkName(name);
    if (value === null) after.delete(name);
    else after.set(name, checkedValue(name, value));
  }
  return Object.fromEntries(after);
}

function checkName(name: string): void {
  const shown = JSON.stringify(name);
  if (name === '') throw refused('Environment variable names must not be empty.');
  if (/[=\0]/.test(name)) throw refused(`Environment variable name ${shown} must not contain '=' or NUL.`);
  if (name === 'PORT') throw refused('Environment variable PORT is set by the platform.');
  if (/^(VCAP_|VMC_|LOCALPAAS_)/.test(name)) {
    throw refused(
      `Environment variable name ${shown} must not start with VCAP_, VMC_ or LOCALPAAS_: these are the platform's.`,
    );
  }
}

/** Every byte of a value reaches the app as it is; a NUL would end it. */
function checkedValue(name: string, value: unknown): string {
  if (typeof value !== 'string') {
    throw refused(`Non-string value in environment variable for key '${name}': put it in quotes.`);
  }
  if (value.includes('\0')) {
    throw refused(`The value of environment variable ${name} contains a NUL character, which no program can be given.`);
  }
  if (/\p{Surrogate}/u.test(value))
    throw refused(`The value of environment variable ${name} is not valid Unicode text.`);
  return value;
}

function refused(detail: string): ApiError {
  return new ApiError('CF-UnprocessableEntity', detail);
}
