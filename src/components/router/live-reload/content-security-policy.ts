/** Sources that make browsers ignore `'unsafe-inline'`, and with `'strict-dynamic'` hosts and `'self'` as well. */
const strictSource = /^'(?:nonce-|sha(?:256|384|512)-|strict-dynamic)/i;

/**
 * A Content-Security-Policy, or several with commas between them, that lets a script of the page's own origin run which has
 * this nonce, and have it listen to events from there. Everything else is allowed or forbidden as before.
 */
export function allowingScript(policies: string, nonce: string): string {
  return policies
    .split(',')
    .map((policy) => allowingInOne(policy, nonce))
    .join(', ');
}

function allowingInOne(policy: string, nonce: string): string {
  const directives = policy
    .split(';')
    .map((each) => each.trim().split(/\s+/))
    .filter(([name]) => name !== '');
  allow(directives, ['script-src-elem', 'script-src'], (sources) =>
    sources.some((source) => strictSource.test(source)) ? `'nonce-${nonce}'` : "'self'",
  );
  allow(directives, ['connect-src'], () => "'self'");
  return directives.map((each) => each.join(' ')).join('; ');
}

/** @param names of the directives that decide, the first that is there; `default-src` when none is */
function allow(directives: string[][], names: readonly string[], needed: (sources: string[]) => string): void {
  const find = (wanted: string) => directives.find(([name]) => name?.toLowerCase() === wanted);
  const own = names.map(find).find((each) => each !== undefined);
  const directive = own ?? find('default-src');
  if (directive === undefined) return;
  const sources = directive.slice(1).filter((source) => source.toLowerCase() !== "'none'");
  const source = needed(sources);
  if (sources.some((each) => each.toLowerCase() === source || (each === '*' && source === "'self'"))) return;
  if (own === undefined) directives.push([names.at(-1) ?? '', ...sources, source]);
  else own.splice(1, own.length, ...sources, source);
}
