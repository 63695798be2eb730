/**
 * Bundles src/main.ts into dist/:
 *
 *     localpaas.cjs          what is executed: scripts/build/loader.cjs
 *     localpaas-bundle.cjs   the whole program in one file
 *     localpaas-commands.cjs the same without the commands that run components: less to read for all others
 *     *.cache                the same, as compiled by this Node; a third less start-up time
 */
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';
import { compileAhead } from './build/compile-ahead.mjs';
import { commandOf, platformModulesIn } from './build/platform-modules.mjs';
import { writeWhole } from './build/write-whole.cjs';

const here = dirname(fileURLToPath(import.meta.url));

/** Replaces what is in the project's dist/ only when the new bundle runs. */
export async function build(project) {
  const dist = join(project, 'dist');
  const entry = 'src/main.ts';
  const { code, imports } = await bundle(project, { entry });
  const platform = platformModulesIn(imports);
  const bundles = { 'localpaas-bundle': code };
  if (platform.length > 0) {
    bundles['localpaas-commands'] = (await bundle(project, { entry, without: platform })).code;
  }
  await esbuild.stop(); // its service would live as long as the program that `npm start` becomes
  mkdirSync(dist, { recursive: true });
  const fresh = mkdtempSync(join(dist, '.new-'));
  try {
    for (const [name, text] of Object.entries(bundles)) {
      const id = createHash('sha256').update(text).digest('hex');
      writeWhole(join(fresh, `${name}.cjs`), `// ${id}\n${text}`);
    }
    const loader = readFileSync(join(here, 'build', 'loader.cjs'), 'utf8');
    const commands = JSON.stringify(platform.map(commandOf));
    writeWhole(
      join(fresh, 'localpaas.cjs'),
      loader.replace('PLATFORM_COMMANDS', () => commands),
      0o755,
    );
    await compileAhead(Object.keys(bundles), fresh, dist);
    for (const name of readdirSync(fresh)) renameSync(join(fresh, name), join(dist, name));
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

/**
 * One file of JavaScript with everything `entry` needs but Node, and but the modules `without`, which are never to be run.
 * @returns its text, and which files it was made from import which
 */
export async function bundle(project, { entry, define = {}, without = [] }) {
  const { version } = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8'));
  const { metafile, outputFiles } = await esbuild.build({
    entryPoints: [join(project, entry)],
    absWorkingDir: project,
    bundle: true,
    platform: 'node',
    target: 'node20.11',
    format: 'cjs',
    write: false,
    outfile: 'bundle.cjs',
    metafile: true,
    logLevel: 'silent',
    charset: 'ascii', // the loader reads it byte by byte
    minifyWhitespace: true, // names stay: stack traces show them
    minifySyntax: true,
    legalComments: 'none', // THIRD_PARTY_LICENSES has them
    supported: { 'dynamic-import': false }, // our own modules become lazy ones, and Node's are required
    define: { LOCALPAAS_VERSION: JSON.stringify(version), 'import.meta.url': 'bundleUrl', ...define },
    plugins: [leaveOut(project, without)],
    banner: { js: "const bundleUrl = require('node:url').pathToFileURL(__filename).href;" },
  });
  refuseOpenImports(metafile);
  const files = Object.entries(metafile.inputs);
  const imports = Object.fromEntries(files.map(([file, { imports }]) => [file, imports.map(({ path }) => path)]));
  return { code: outputFiles[0].text, imports };
}

/** Puts modules that say so in the place of `files`. */
function leaveOut(project, files) {
  const missing = new Set(files.map((file) => join(project, file)));
  const setup = (build) => {
    build.onLoad({ filter: /\.ts$/ }, ({ path }) =>
      missing.has(path) ? { contents: `throw new Error('${basename(path)} is not in this bundle');` } : undefined,
    );
  };
  return { name: 'leave-out', setup };
}

/** One file means: whatever is still loaded from outside comes with Node. */
function refuseOpenImports({ outputs }) {
  const open = Object.values(outputs)
    .flatMap(({ imports }) => imports)
    .filter(({ path }) => !path.startsWith('node:') && !builtinModules.includes(path));
  if (open.length > 0) throw new Error(`the bundle still imports ${open.map(({ path }) => path).join(', ')}`);
}
