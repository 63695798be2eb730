import { readFileSync, statfsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { ensureDirectory } from '#ground/files.ts';
import { diskUseOf } from '../disk-use.ts';
import { Runtimes } from '../runtimes.ts';
import type { DeaSettings } from './config.ts';

/** What a DEA of 2012 (dea 0e200ef) logs before it is there, as `info`. Its directory is made, if need be. */
export async function startupTextsOf({ options, pid }: DeaSettings): Promise<readonly string[]> {
  const { baseDir, host, maxInstances, maxMemoryMb } = options;
  const ruby = new Runtimes(options).find('ruby');
  const sockets = socketLimit();
  const directory = baseDir ?? '.';
  await ensureDirectory(directory);
  return [
    'Starting VCAP DEA (0.99)',
    ...(pid === undefined ? [] : [`Pid file: ${pid}`]),
    ...(ruby === undefined ? [] : [`Using ruby @ ${ruby}`]),
    `Using network: ${host}`,
    ...(sockets === undefined ? [] : [`Socket Limit:${sockets}`]),
    `Max Memory set to ${maxMemoryMb > 1024 ? `${Math.round((maxMemoryMb / 1024) * 10) / 10}G` : `${maxMemoryMb}M`}`,
    `Utilizing ${availableParallelism()} cpu cores`,
    maxInstances > 1 ? 'Allowing multi-tenancy' : 'Restricting to single tenant',
    `Using directory: ${directory}/`,
    `Initial usage of droplet fs is: ${Math.round(diskUseOf(statfsSync(directory)))}%`,
  ];
}

/** How many files this process may open, where the system tells. */
function socketLimit(): string | undefined {
  try {
    return /^Max open files\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1];
  } catch {
    return undefined; // no Linux
  }
}
