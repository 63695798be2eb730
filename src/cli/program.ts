import { programVersion } from '#packaging/installation.ts';
import { type World, worldOfProcess } from './world.ts';

/**
 * Runs one command line and tells how it went. What a command needs is loaded when it runs, so that each starts fast.
 * @param argv as of the process: program, script, arguments
 * @returns the exit code
 */
export async function main(argv: readonly string[], world?: World): Promise<number> {
  const args = argv.slice(2);
  if (args.length === 1 && ['--version', '-V', 'version'].includes(args[0] ?? '')) {
    (world?.output ?? process.stdout).write(`localpaas ${programVersion()}\n`);
    return 0;
  }
  if (args.length === 1 && args[0] === 'router-worker') {
    const { runRouterWorker } = await import('#components/router/index.ts');
    return runRouterWorker();
  }
  const { runCommandLine } = await import('#cli/run-command-line.ts');
  return runCommandLine(args, world ?? worldOfProcess());
}
