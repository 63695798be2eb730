import { type ParseArgsConfig, parseArgs } from 'node:util';
import { ActionableError, messageOf } from '#ground/errors.ts';

type Options = NonNullable<ParseArgsConfig['options']>;
type Values<O extends Options> = ReturnType<typeof parseArgs<{ args: string[]; options: O }>>['values'];

/** How a script reads what it is given. */
export interface ScriptOptions {
  /** @throws ActionableError USAGE */
  read<const O extends Options>(args: readonly string[], options: O): Values<O>;
  /** @returns a whole number @throws ActionableError USAGE */
  count(flag: string, text: string, least: number): number;
  misused(message: string): ActionableError;
}

/** @param name of the script, as in `npm run <name>` */
export function scriptOptions(name: string): ScriptOptions {
  const misused = (message: string) =>
    new ActionableError('USAGE', message, `\`npm run ${name} -- --help\` shows what it takes.`);
  return {
    misused,
    read(args, options) {
      try {
        return parseArgs({ args: [...args], options }).values;
      } catch (cause) {
        throw misused(`${messageOf(cause)}.`);
      }
    },
    count(flag, text, least) {
      const value = Number(text);
      if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= least) return value;
      throw misused(`${flag} cannot be '${text}': it takes a whole number, ${least} or more.`);
    },
  };
}
