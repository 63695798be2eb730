import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Build, run } from './build.ts';
import { captured } from './captured.ts';
import { ScriptFailure } from './run-script.ts';

const shellsOwn = new Set(['_', 'SHLVL', 'PWD', 'OLDPWD']);

/** A buildpack of Heroku may leave `export`, a script that sets variables for what comes behind it. */
export async function adoptExports(build: Build, place: string): Promise<void> {
  const script = join(place, 'export');
  if (build.options.strict || !existsSync(script)) return;
  const environment = captured();
  try {
    await run(build, 'bash', ['-c', '. "$1" >/dev/null; exec env -0', 'bash', script], { out: environment.add });
  } catch (error) {
    if (error instanceof ScriptFailure) return; // what it would have set is then not set, as with Heroku
    throw error;
  }
  if (environment.isCut()) return;
  const entries = environment
    .text()
    .split('\0')
    .flatMap((entry) => {
      const at = entry.indexOf('=');
      const name = entry.slice(0, Math.max(at, 0));
      return name === '' || shellsOwn.has(name) ? [] : [[name, entry.slice(at + 1)] as const];
    });
  build.env = { ...build.env, ...Object.fromEntries(entries) };
}
