import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { basename, delimiter, dirname, join } from 'node:path';

type Env = Readonly<Record<string, string | undefined>>;

/** Where a Tomcat lies. Debian keeps its configuration apart from its programs. */
export interface Tomcat {
  readonly home: string;
  readonly conf: string;
}

/** Where machines keep a Tomcat, besides CATALINA_HOME; of several versions in one place the newest is taken. */
const tomcatPlaces = ['/usr/share', '/opt', '/usr/local', '/usr/local/opt', '/opt/homebrew/opt'];

/** `CATALINA_HOME` alone counts where it is set: whoever sets it means that one. */
export function findTomcat(env: Env): Tomcat | undefined {
  const asked = env['CATALINA_HOME'];
  const homes = asked ? [asked] : tomcatPlaces.flatMap(tomcatsIn);
  for (const home of homes) {
    if (!existsSync(join(home, 'bin/catalina.sh')) || !existsSync(join(home, 'lib'))) continue;
    const conf = confPlaces(home, env).find((place) => existsSync(join(place, 'web.xml')));
    if (conf !== undefined) return { home, conf };
  }
  return undefined;
}

function tomcatsIn(directory: string): string[] {
  const names = namesIn(directory).filter((name) => /^(apache-)?tomcat([-@]?\d[\d.]*)?$/.test(name));
  const newestFirst = names.sort((one, other) => other.localeCompare(one, 'en', { numeric: true }));
  return newestFirst.flatMap((name) => [join(directory, name), join(directory, name, 'libexec')]);
}

function confPlaces(home: string, env: Env): string[] {
  const base = env['CATALINA_BASE'];
  return [...(base ? [join(base, 'conf')] : []), join(home, 'conf'), join('/etc', basename(home))];
}

/** The directory that holds Erlang's `erts-*` and `lib/`, by the `erl` of PATH. */
export function findErlang(env: Env): string | undefined {
  const erl = (env['PATH'] ?? '')
    .split(delimiter)
    .filter((directory) => directory.startsWith('/'))
    .map((directory) => join(directory, 'erl'))
    .find((path) => statSync(path, { throwIfNoEntry: false })?.isFile());
  if (erl === undefined) return undefined;
  const root = dirname(dirname(realpathSync(erl)));
  return [root, join(root, 'lib/erlang')].find((place) => namesIn(place).some((name) => name.startsWith('erts-')));
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return []; // no such directory: nothing lies in it
  }
}
