import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, systemCodeOf } from '#ground/errors.ts';
import { parseYaml } from '#ground/yaml.ts';
import { ConfigError, checkedConfig, type Rule } from './config-rules.ts';

/**
 * The configuration in a file. It is YAML 1.1, as the original's Ruby reads it: `no` is false.
 * @throws ConfigError when the file cannot be read, is no YAML, or breaks the rule
 */
export async function readConfigFile<T>(path: string, rule: Rule<T>): Promise<T> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw failedLoading(path, systemReasonOf(cause, path), cause);
  });
  return checkedConfig(parsed(text, path), rule);
}

/** The file that is named, or else that of the directory which held the files of all components of a platform in 2012. */
export function configPathOf(
  path: string | undefined,
  name: string,
  { CLOUD_FOUNDRY_CONFIG_PATH: directory = '' }: Readonly<Record<string, string | undefined>>,
): string | undefined {
  if (path !== undefined) return path;
  return directory === '' ? undefined : join(directory, name);
}

function parsed(text: string, path: string): unknown {
  try {
    return parseYaml(text, { version: '1.1' });
  } catch (cause) {
    throw failedLoading(path, cause instanceof Error ? cause.message : String(cause), cause);
  }
}

function failedLoading(path: string, reason: string, cause: unknown): ConfigError {
  return new ConfigError(`Failed loading config from file '${path}': ${reason}`, { cause });
}

/** As the C library says it, and Ruby after it. */
const systemReasons: Readonly<Record<string, string>> = {
  ENOENT: 'No such file or directory',
  ENOTDIR: 'Not a directory',
  EACCES: 'Permission denied',
  EISDIR: 'Is a directory',
};

function systemReasonOf(error: unknown, path: string): string {
  const reason = systemReasons[systemCodeOf(error) ?? ''];
  return reason === undefined ? messageOf(error) : `${reason} - ${path}`;
}
