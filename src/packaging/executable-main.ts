import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Script } from 'node:vm';
import { ActionableError, exitCodeOf, messageOf, systemCodeOf } from '#ground/errors.ts';
import { cacheDirectories } from './cache-directories.ts';
import { CarriedFiles, nameOfNatsServer, openSource, type Source, sourceIn, type Unverified } from './carried-files.ts';
import { compiledCodeIn, type Half } from './compiled-code.ts';
import type { Executable } from './executable.ts';

/** What an executable runs first: the program is among the files it carries. */

/** Put in place of the name for macOS, where nothing may follow the signature: the carried files in base64. */
declare const LOCALPAAS_EMBEDDED: string | undefined;
/** Put in place of the name where there are two halves: the names of the commands which need the first. */
declare const LOCALPAAS_PLATFORM_COMMANDS: readonly string[] | undefined;
/** Of the JavaScript around this program. */
declare const require: NodeJS.Require;
declare const module: NodeJS.Module;

try {
  run(source());
} catch (error) {
  if (!(error instanceof ActionableError)) throw error;
  process.stderr.write(`${error.message}\n${error.remedy}\n`);
  process.exitCode = exitCodeOf(error);
}

function source(): Source {
  if (typeof LOCALPAAS_EMBEDDED !== 'string') {
    // Whatever lies under our name by now.
    return ownFile(process.platform === 'linux' ? '/proc/self/exe' : process.execPath);
  }
  return sourceIn(Buffer.from(LOCALPAAS_EMBEDDED, 'base64'));
}

function ownFile(path: string): Source {
  try {
    return openSource(path);
  } catch (cause) {
    const [why, remedy] =
      systemCodeOf(cause) === 'ENOENT'
        ? ['/proc is not mounted', 'Mount it: mount -t proc proc /proc']
        : [messageOf(cause), `Let everybody read it who may execute it: chmod a+r ${process.execPath}`];
    throw new ActionableError('START_FAILED', `localpaas cannot read its own file: ${why}.`, remedy, { cause });
  }
}

function run(from: Source): void {
  const files = new CarriedFiles(from);
  const half = halfFor(process.argv[2]);
  const compiledCode = compiledCodeIn(cacheDirectories(process.env), files.id, half);
  const compiled = compiledCode.read();
  let natsServer = compiled === undefined ? unpackNatsServer(files) : undefined;
  const source = compiled?.source ?? files.readSync(half).toString('latin1'); // the build leaves ASCII
  const filename = join(process.execPath, 'localpaas.cjs');
  const cachedData = compiled?.code ?? carriedCode(files, half);
  const script = new Script(source, { filename, cachedData });
  const isCompiled = cachedData !== undefined && script.cachedDataRejected === false;
  // The first half is large: the cache has it in a form that is checked sooner.
  let isKept = isCompiled && (compiled !== undefined || half === 'commands');
  const keepCompiled = () => {
    if (!isKept) compiledCode.write(source, script);
    isKept = true;
  };
  const takeNatsServer = () => {
    const taken = natsServer;
    natsServer = undefined;
    return taken;
  };
  const executable: Executable = { source: from, half, takeNatsServer, keepCompiled };
  // The program is a function of these; see scripts/package/carry.ts.
  script.runInThisContext().call(exports, exports, require, module, filename, process.execPath, executable);
}

function halfFor(command = ''): Half {
  if (typeof LOCALPAAS_PLATFORM_COMMANDS === 'undefined') return 'program';
  return LOCALPAAS_PLATFORM_COMMANDS.includes(command) ? 'program' : 'commands';
}

/** What V8 compiled when this was built; only for machines of the kind on which that was. */
function carriedCode(files: CarriedFiles, half: Half): Buffer | undefined {
  const name = `compiled-${half}`;
  return name in files.index.files ? files.readSync(name) : undefined;
}

/** In a first run other threads unpack it while this one compiles the program: both take long. */
function unpackNatsServer(files: CarriedFiles): Promise<Unverified> | undefined {
  if (process.argv[2] !== 'up' || process.env['LOCALPAAS_NATS_SERVER']) return undefined;
  const name = nameOfNatsServer(files);
  if (cacheDirectories(process.env).some((directory) => existsSync(join(directory, name)))) return undefined;
  const unpacked = files.readUnverified('nats-server');
  unpacked.catch(() => {}); // it is told by whoever needs it
  return unpacked;
}
