import type { PlatformRecord } from '#assembly/home.ts';
import type { PlatformSettings } from '#assembly/settings.ts';
import { isNodeOutdated } from '#packaging/outdated-node.ts';
import { portOf, urlOf } from '../addresses.ts';
import { readableDuration } from '../readable-time.ts';
import type { Style } from '../style.ts';

/** How the user calls us: `localpaas`, or what a script that wraps it says in LOCALPAAS_COMMAND. */
export function commandName(env: Readonly<Record<string, string | undefined>>): string {
  return env['LOCALPAAS_COMMAND'] ?? 'localpaas';
}

export interface Facts {
  readonly home: string;
  readonly readyMs: number;
  readonly settings: PlatformSettings;
  /** Whether what reads requests gets no security fixes any more. */
  readonly isOutdated?: boolean;
}

/** What `up` prints when the platform is ready. */
export function banner(
  record: PlatformRecord,
  { home, readyMs, settings, isOutdated = isNodeOutdated(process.versions.node) }: Facts,
  style: Style,
  command: string,
): string {
  const urlWith = (host: string) => urlOf(host, record);
  const facts = [
    ['apps', urlWith(`<name>.${record.domain}`)],
    ['API', urlWith(record.domain === 'localhost' ? 'localhost' : `api.${record.domain}`)],
    ['message bus', `${record.bus}${settings.openBus ? ', open to everybody on this machine' : ''}`],
    ['home', home],
    ...(settings.idleStopSeconds === undefined
      ? []
      : [
          [
            'idle apps',
            `stop after ${readableDuration(settings.idleStopSeconds).replace(/ 0\w$/, '')} without a request`,
          ],
        ]),
    ...(isLoopback(settings.listen)
      ? []
      : [['reachable', `from other machines, at ${settings.listen}, port ${portOf(record.url)}`]]),
  ];
  const caution = `The Node in this file, ${process.versions.node}, gets no security fixes any more: only for a network you trust.`;
  const next = [
    [`${command} push DIR`, 'run the app in a directory'],
    [`${command} apps`, 'what runs'],
    [`${command} logs NAME`, 'what it says'],
    [`${command} help`, 'everything else'],
  ];
  const rows = (pairs: string[][], width: number) =>
    pairs.map(([name = '', text = '']) => `  ${name.padEnd(width)}  ${style.dim(text)}`);
  return [
    '',
    style.bold(`localpaas ${record.version} is up`) + style.dim(` · ${(readyMs / 1000).toFixed(2)} s`),
    '',
    ...facts.map(([name = '', text = '']) => `  ${style.dim(name.padEnd(11))}  ${text}`),
    ...(isOutdated && !isLoopback(settings.listen) ? [`  ${''.padEnd(11)}  ${style.yellow(caution)}`] : []),
    '',
    ...rows(next, Math.max(...next.map(([line = '']) => line.length))),
    '',
    style.dim('  Ctrl-C stops the platform and its apps.'),
    '',
    '',
  ].join('\n');
}

function isLoopback(address: string): boolean {
  return address === 'localhost' || address === '::1' || address.startsWith('127.');
}
