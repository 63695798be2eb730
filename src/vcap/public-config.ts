/** What a name like this holds is for nobody else's eyes. */
const secret = /pass|secret|token|credential|^keys$|_key$|^mbus$|database_environment|mysql/i;

/** A configuration without its secrets: keys that hold some are left out, passwords in addresses are starred. */
export function publicConfig(config: object): object {
  return withoutSecrets(config) as object;
}

function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (typeof value === 'string') return value.replace(/(\w:\/\/[^/@:\s]*):[^/@\s]*@/g, '$1:***@');
  if (value === null || typeof value !== 'object') return value;
  const kept = Object.entries(value).filter(([key]) => !secret.test(key));
  return Object.fromEntries(kept.map(([key, each]) => [key, withoutSecrets(each)]));
}
