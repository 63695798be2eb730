import { join } from 'node:path';
import { checkPermission } from '#cli/upgrade/replace-executable.ts';
import { ActionableError } from '#ground/errors.ts';

/** Prints why an executable in a directory cannot be replaced. */
const [, , directory = ''] = process.argv;
const error = await checkPermission(join(directory, 'localpaas'), 'sudo …').catch((each: unknown) => each);
process.stdout.write(error instanceof ActionableError ? `${error.code} ${error.message}` : String(error));
