import type { NatsServerOptions } from './options.ts';

/** Bytes. Room for a start message with a large environment; the server itself advises against more than 8 MB. */
const maxPayload = 4 * 1024 * 1024;

export interface Places {
  readonly storeDir: string;
  readonly logFile: string;
  readonly portsDir: string;
}

/**
 * The server's configuration file. The password stands here and not among the arguments, which every user of the
 * machine can read.
 */
export function configurationOf(
  { host, port, credentials, logsToTerminal = false }: NatsServerOptions,
  places: Places,
): string {
  // Bytes; two files of this size at most.
  const logFile = [`logfile: ${quoted(places.logFile)}`, `logfile_size_limit: 2097152`, `logfile_max_num: 2`];
  const lines = [
    `server_name: localpaas`,
    `host: ${quoted(host)}`,
    `port: ${port === 0 ? -1 : port}`,
    `max_payload: ${maxPayload}`,
    `ports_file_dir: ${quoted(places.portsDir)}`,
    ...(logsToTerminal ? [] : logFile),
    // By default a write is acknowledged up to two minutes before it is on disk.
    `jetstream { store_dir: ${quoted(places.storeDir)}, sync_interval: always }`,
  ];
  if (credentials !== null) {
    lines.push(`authorization { user: ${quoted(credentials.user)}, password: ${quoted(credentials.password)} }`);
  }
  return `${lines.join('\n')}\n`;
}

function quoted(text: string): string {
  return JSON.stringify(text);
}
