import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureBundle } from './bundle.mjs';
import { ensureDependencies } from './dependencies.mjs';
import { ensureNatsServer } from './nats-server.mjs';
import { Obstacle } from './obstacle.mjs';

const project = fileURLToPath(new URL('../..', import.meta.url));

const verbs = { start, test, build, setup };

/** Sets `process.exitCode` when the verb does not succeed. */
export async function bootstrap(verb, args) {
  process.chdir(project);
  try {
    if (!Object.hasOwn(verbs, verb ?? '')) throw new Obstacle(`Say one of: ${Object.keys(verbs).join(', ')}.`, 2);
    await verbs[verb](args);
  } catch (error) {
    console.error(error instanceof Obstacle ? error.message : error);
    if (verb === 'test') console.log('\n0 passed, 1 failed');
    process.exitCode = error instanceof Obstacle ? error.exitCode : 70;
  }
}

/** Becomes the program, in this very process: nothing stands between it and the terminal, or a signal. */
async function start(args) {
  await prepare();
  const program = join(project, 'dist', 'localpaas.cjs');
  process.env.LOCALPAAS_COMMAND ??= 'node dist/localpaas.cjs'; // so does it speak of itself
  process.argv.splice(1, process.argv.length, program, 'up', '--demo', ...args);
  createRequire(import.meta.url)(program);
}

async function test(patterns) {
  await prepare();
  process.argv.splice(2, process.argv.length, ...patterns);
  await import('../run-tests.mjs');
}

async function build() {
  await ensureDependencies(project);
  await ensureBundle(project, { rebuild: true });
}

async function setup() {
  await ensureDependencies(project);
  await ensureNatsServer(project, { look: true });
  await ensureBundle(project);
}

async function prepare() {
  await ensureDependencies(project);
  await ensureNatsServer(project);
  await ensureBundle(project);
}
