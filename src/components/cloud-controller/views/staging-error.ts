/** What stagers say before the reason, since 2012. */
const prefix = /^Staging task failed:\s+/;

/** Names by which clients know why a build failed, and the text that the real cloud controller has for each. */
const texts: Readonly<Record<string, string>> = {
  NoAppDetectedError: 'An app was not successfully detected by any available buildpack',
  BuildpackCompileFailed: 'App staging failed in the buildpack compile phase',
  BuildpackReleaseFailed: 'App staging failed in the buildpack release phase',
};

/**
 * Why a build failed, as the API of v3 says it: `NAME - TEXT`, by which clients decide and scripts search. Below it stands
 * what the stager told, for people. What no stager told stays as it is.
 */
export function stagingErrorOf(told: string): string {
  const reason = told.replace(prefix, '');
  if (reason === told) return told;
  const [, name = '', details = ''] = /^(\w+): (.*)$/s.exec(reason) ?? [];
  const text = Object.hasOwn(texts, name) ? texts[name] : undefined;
  if (text !== undefined) return `${name} - ${text}\n${details}`;
  if (reason.startsWith('Staging timed out')) return `StagingTimeExpired - Staging time expired: ${reason}`;
  return `StagingError - Staging error: ${name === 'StagingError' ? details : reason}`;
}
