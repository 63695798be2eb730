/** Where this machine reaches what listens there. */
export function urlOf({ host, port }: { host: string; port: number }): string {
  const here = /^(0\.0\.0\.0|::|localhost)$/.test(host) ? '127.0.0.1' : host;
  return `http://${here.includes(':') ? `[${here}]` : here}:${port}`;
}
