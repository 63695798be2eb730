import { familyOf } from '#contract/runtimes.ts';
import { ActionableError } from '#ground/errors.ts';
import type { AppFiles } from './app-files.ts';
import { type Framework, standalone } from './frameworks.ts';

/** The framework whose signs the app shows; the first in the table where several do. */
export function detectFramework(files: AppFiles, frameworks: readonly Framework[]): Framework | undefined {
  return frameworks.find(({ name, signs }) => name !== standalone && files.follow(signs));
}

/** No framework knows the app. Buildpacks may. */
export class UnknownApp extends ActionableError {
  constructor(message: string, remedy: string) {
    super('STAGING_FAILED', message, remedy);
  }
}

/** @throws UnknownApp when there are no signs of any, with what was looked for */
export function requireFramework(files: AppFiles, frameworks: readonly Framework[]): Framework {
  const found = detectFramework(files, frameworks);
  if (found !== undefined) return found;
  const recognised = frameworks.filter(({ name }) => name !== standalone);
  const looked = recognised.map(({ name, lookedFor }) => `${lookedFor} (${name})`).join(', ');
  throw new UnknownApp(
    `None of the frameworks knows this app. At its top was looked for: ${looked}.`,
    `${hintFor(files)}Name the framework, or give the start command with \`--command\`.`,
  );
}

function hintFor(files: AppFiles): string {
  const top = files.top();
  const [only] = top;
  if (only === undefined) return 'The app has no files: push the directory that holds them. ';
  if (top.length === 1 && !files.isFile(only)) return `Everything lies in '${only}': push that directory instead. `;
  return '';
}

/** The runtime a manifest gives when nobody chose one: `ruby18`. */
function defaultRuntimeOf({ runtimes }: Framework): string {
  return (runtimes.find(({ isDefault }) => isDefault) ?? runtimes[0])?.name ?? '';
}

/** The family of runtimes that apps of this framework need: `ruby`. */
export function familyOfFramework(framework: Framework): string {
  return familyOf(defaultRuntimeOf(framework)) ?? '';
}

const programs: Readonly<Record<string, RegExp>> = {
  ruby: /^(ruby|bundle|rackup|rails|rake|thin|puma|unicorn)[\d.]*$/,
  node: /^(node|nodejs|npm|npx|yarn|pnpm)$/,
  python: /^(python|pip|gunicorn|flask|uvicorn)[\d.]*$/,
  php: /^php[\d.]*$/,
  java: /^java$/,
};

/**
 * The family of runtimes a start command needs, by the program it begins with or the first line of that file; for a
 * program that tells nothing by the app's files. Empty when there is no sign of any.
 */
export function familyOfCommand(command: string, files: AppFiles, frameworks: readonly Framework[]): string {
  const program = command.split(/\s+/).find((word) => word !== 'exec' && word !== 'env' && !/^\w+=/.test(word)) ?? '';
  const script = files.text(program);
  const interpreter = script === undefined ? program : (/^#!.*?([\w.]+)\s*$/m.exec(firstLineOf(script))?.[1] ?? '');
  const name = interpreter.slice(interpreter.lastIndexOf('/') + 1);
  const family = Object.entries(programs).find(([, pattern]) => pattern.test(name))?.[0];
  if (family !== undefined || script !== undefined) return family ?? '';
  const framework = detectFramework(files, frameworks);
  return framework === undefined ? '' : familyOfFramework(framework);
}

function firstLineOf(text: string): string {
  return text.slice(0, text.indexOf('\n') + 1 || text.length).trimEnd();
}
