import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ActionableError } from '#ground/errors.ts';
import { type AppEntry, describedApps, type Facts, parseManifest, variablesFrom } from '#workload/manifest/index.ts';

/** What words stand for in these tests. */
export const facts: Facts = {
  domain: 'paas.test',
  apiUrl: 'http://api.paas.test:8080',
  randomWord: () => 'otter',
  answers: new Map([['Your name', 'Ada']]),
};

interface Around {
  /** Other manifests, by absolute path. */
  readonly files?: Readonly<Record<string, string>>;
  readonly vars?: string;
  readonly pairs?: readonly string[];
}

/** The apps of a manifest that lies at /m/manifest.yml. */
export function appsOf(text: string, { files = {}, vars, pairs = [] }: Around = {}): AppEntry[] {
  const variables = variablesFrom({ files: vars === undefined ? [] : [{ file: '/m/vars.yml', text: vars }], pairs });
  return describedApps(
    parseManifest({ file: '/m/manifest.yml', text }, { read: (path) => files[path], variables }),
    facts,
  );
}

/** What the platform is sent of the only app, without its name. */
export function attributesOf(attributes: string, around?: Around): Record<string, unknown> {
  const [app] = appsOf(`applications:\n- name: app\n  ${attributes.trim()}\n`, around);
  const { name: _, ...rest } = app?.attributes ?? {};
  return rest;
}

/** Why something is refused, in one line. */
export function refusalOf(work: () => unknown): string {
  try {
    work();
    return 'taken';
  } catch (error) {
    if (!(error instanceof ActionableError)) throw error;
    return `${error.code} ${error.message} ${error.remedy}`;
  }
}

const samplesFolder = join(import.meta.dirname, 'samples');

/** Files as people write them. @param kind `manifest` or `stackato` */
export function samples(kind: string): { name: string; text: string }[] {
  const names = readdirSync(samplesFolder).filter((name) => name.endsWith(`.${kind}.yml`));
  return names.map((name) => ({ name, text: readFileSync(join(samplesFolder, name), 'utf8') }));
}

export function sample(name: string): string {
  return readFileSync(join(samplesFolder, name), 'utf8');
}
