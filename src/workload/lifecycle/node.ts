import { ActionableError } from '#ground/errors.ts';
import type { AppFiles } from './app-files.ts';
import { nodeAutoconfig } from './auto-reconfiguration.ts';
import { type DropletPlan, type Plugin, runtimeToken, type StagingInput } from './plan.ts';
import { groupOf, wordOf } from './startup-script.ts';

/** The later, the better. */
const mainNames = ['server.js', 'app.js', 'index.js', 'main.js', 'application.js'];

/**
 * `node FILE` with what follows `node` in the start script of package.json, else with its main file, else with a guess.
 * A start script that needs a shell or another program runs as it stands.
 */
export const node: Plugin = (input) => {
  const manifest = packageOf(input.files);
  const log = [...withoutNpm(input), ...missingModules(input.files, manifest)];
  const start = manifest.start;
  if (start !== undefined) {
    const script = scriptOf(start, input.files);
    if (script === undefined) return { startup: shellStartup(start), log };
    return /\s/.test(script) ? { startup: nodeStartup(script), log } : filePlan(input, script, log);
  }
  return filePlan(input, mainOf(input, manifest), log);
};

/** A file alone is started through autoconfig.js where the app is to be reconfigured. */
function filePlan(input: StagingInput, file: string, log: string[]): DropletPlan {
  const copies = nodeAutoconfig(input);
  if (copies === undefined) return { startup: nodeStartup(wordOf(file)), log };
  const text = [
    `process.argv[1] = require("path").resolve(${JSON.stringify(file)});`,
    'require("cf-autoconfig");',
    'process.nextTick(require("module").Module.runMain);',
    '',
  ].join('\n');
  const autoconfig = { path: 'app/autoconfig.js', text, mode: 0o644, replaces: true };
  return { startup: nodeStartup('autoconfig.js'), files: [autoconfig], copies, log };
}

function nodeStartup(script: string): DropletPlan['startup'] {
  return { command: `${runtimeToken} $NODE_ARGS ${script} $@` };
}

/** As npm would run it: with the programs of the app's modules on the PATH. */
function shellStartup(line: string): DropletPlan['startup'] {
  return { variables: { PATH: '$PWD/app/node_modules/.bin:$PATH' }, command: groupOf(line) };
}

/** What follows `node` in a start script, when that is all there is to it. */
function scriptOf(line: string, files: AppFiles): string | undefined {
  if (/[;&|<>`\n]|\$\(/.test(line)) return undefined;
  const afterNode = /^\s*node\s+(.+?)\s*$/.exec(line)?.[1];
  if (afterNode !== undefined) return afterNode;
  const [first = ''] = line.trim().split(/\s+/);
  const isScript = files.isFile(first) && (first.endsWith('.js') || /^#!.*\bnode\b/.test(files.text(first) ?? ''));
  return isScript ? line.trim() : undefined;
}

function mainOf({ files, detection }: StagingInput, { main }: PackageFacts): string {
  const named =
    main === undefined ? undefined : [main, `${main}.js`, `${main}/index.js`].find((path) => files.isFile(path));
  if (named !== undefined) return named;
  const candidates = files.candidates(detection);
  const only = candidates.length === 1 ? candidates[0] : undefined;
  const best =
    only ?? mainNames.findLast((name) => candidates.includes(name)) ?? mainNames.findLast((name) => files.isFile(name));
  if (best !== undefined) return best;
  throw new ActionableError(
    'STAGING_FAILED',
    `Unable to determine Node.js startup command: package.json has no start script, and of ${mainNames.join(', ')} none is there.`,
    'Add `"scripts": {"start": "node FILE"}` to package.json, or give the start command with `--command`.',
  );
}

interface PackageFacts {
  readonly start?: string | undefined;
  readonly main?: string | undefined;
  readonly dependencies: number;
}

/** @throws ActionableError STAGING_FAILED when package.json is damaged */
function packageOf(files: AppFiles): PackageFacts {
  const text = files.text('package.json');
  if (text === undefined) return { dependencies: 0 };
  let json: unknown;
  try {
    json = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (cause) {
    throw new ActionableError(
      'STAGING_FAILED',
      `package.json is not valid JSON: ${cause instanceof Error ? cause.message : cause}.`,
      'Correct it; `node -p "require(\'./package.json\')"` checks it.',
    );
  }
  const { scripts, main, dependencies } = objectOf(json);
  return {
    start: textOf(objectOf(scripts)['start']),
    main: textOf(main),
    dependencies: Object.keys(objectOf(dependencies)).length,
  };
}

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}

/** For a runtime with an `npm`, staging of 2012 fetched and built the modules. Nothing is fetched here. */
function withoutNpm({ files, properties }: StagingInput): string[] {
  if (typeof properties.runtime_info['npm'] !== 'string') return [];
  if (!files.has('npm-shrinkwrap.json')) return ['Skipping npm support: npm-shrinkwrap.json is not provided'];
  return [`The runtime's npm is not run: push node_modules as \`npm install\` made it from npm-shrinkwrap.json.`];
}

function missingModules(files: AppFiles, { dependencies }: PackageFacts): string[] {
  if (dependencies === 0 || files.has('node_modules')) return [];
  return ['package.json names dependencies, but there is no node_modules: run `npm install` and push it too.'];
}
