/**
 * Bundles src/main.ts into dist/:
 *
 *     localpaas.cjs          what is executed: scripts/build/loader.cjs
 *     localpaas-bundle.cjs   the whole program in one file
 *     localpaas-bundle.cache the same, as compiled by this Node; a third less start-up time
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import * as esbuild from 'esbuild';
import { writeWhole } from './build/write-whole.cjs';

/**
 * @param project the project's directory
 * @param options another entry or output directory than the program's
 */
export async function build(
  project,
  { entry = join(project, 'src', 'main.ts'), dist = join(project, 'dist'), warmUp = ['--version'] } = {},
) {
  const code = await bundle(project, entry);
  const id = createHash('sha256').update(code).digest('hex');
  const file = join(dist, 'localpaas-bundle.cjs');
  const cache = join(dist, 'localpaas-bundle.cache');
  mkdirSync(dist, { recursive: true });
  writeWhole(file, `// ${id}\n${code}`);
  writeWhole(join(dist, 'localpaas.cjs'), readFileSync(join(project, 'scripts/build/loader.cjs')), 0o755);
  compileAhead(join(project, 'scripts/build/compile-ahead.cjs'), [file, cache, ...warmUp]);
}

async function bundle(project, entry) {
  const { version } = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8'));
  const { metafile, outputFiles } = await esbuild.build({
    entryPoints: [entry],
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
    supported: { 'dynamic-import': false }, // our own modules become lazy ones, and Node's are required
    define: { LOCALPAAS_VERSION: JSON.stringify(version), 'import.meta.url': 'bundleUrl' },
    banner: { js: "const bundleUrl = require('node:url').pathToFileURL(__filename).href;" },
  });
  await esbuild.stop(); // its service would live as long as the program that `npm start` becomes
  refuseOpenImports(metafile);
  return outputFiles[0].text;
}

/** One file means: whatever is still loaded from outside comes with Node. */
function refuseOpenImports({ outputs }) {
  const open = Object.values(outputs)
    .flatMap(({ imports }) => imports)
    .filter(({ path }) => !path.startsWith('node:') && !builtinModules.includes(path));
  if (open.length > 0) throw new Error(`the bundle still imports ${open.map(({ path }) => path).join(', ')}`);
}

/** Runs the program once, so that V8 keeps the functions which a start needs. */
function compileAhead(script, args) {
  const cache = args[1];
  rmSync(cache, { force: true });
  const { status, error, stderr } = spawnSync(process.execPath, [script, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
    timeout: 30_000,
  });
  if (status !== 0) throw new Error(`the new bundle does not run: ${error?.message ?? stderr.trim()}`);
}
