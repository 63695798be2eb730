import { join } from 'node:path';

export interface PartsSettings {
  /** Of the configuration files; where the Procfile is read when absent. */
  readonly directory: string | undefined;
  readonly busPort: number;
  /** Of the router. */
  readonly port: number;
  /** Of the stand-in for a cloud controller; a real one is started when absent. */
  readonly ccPort: number | undefined;
  /** How localpaas is called. */
  readonly command: string;
}

/** Seconds the parts wait for the bus, which is started with them. */
const busWait = 30;

/**
 * A Procfile that starts each part as a process of its own. `exec`, so that the shell around a command does not keep
 * signals from it: some programs that read a Procfile signal nothing but that shell.
 */
export function procfileFor({ directory, busPort, ccPort, command: program }: PartsSettings): string {
  const command = `exec ${program}`;
  const wait = `--wait ${busWait}`;
  const bus = `--join nats://127.0.0.1:${busPort} ${wait}`;
  const at = (...names: string[]) => word(join(directory ?? '.', ...names));
  const lines = [
    `nats: ${command} nats --port ${busPort} --store ${at('var', 'nats')}`,
    `stager: ${command} stager -c ${at('stager.yml')} ${wait}`,
    `dea: ${command} dea -c ${at('dea.yml')} ${wait}`,
    `router: ${command} router -c ${at('router.yml')} ${wait}`,
    ...(ccPort === undefined
      ? [
          `health-manager: ${command} health-manager ${bus}`,
          `cloud-controller: ${command} cloud-controller --store ${at('var', 'cloud-controller')} ${bus}`,
          `log-cache: ${command} log-cache --store ${at('var', 'log-cache')} ${bus}`,
        ]
      : [`fake-cc: ${command} fake-cc --port ${ccPort} --droplets ${at('var', 'droplets')}`]),
  ];
  const hint = '# `localpaas procfile --write DIR` makes this file together with those it names.';
  return `${[...(directory === undefined ? [hint] : []), ...lines].join('\n')}\n`;
}

/** The configuration files that Procfile names: those of the originals, ready to be edited. */
export function configFilesFor({ directory, busPort, port }: PartsSettings & { directory: string }) {
  const bus = `nats://127.0.0.1:${busPort}`;
  const inVar = (...names: string[]) => yamlText(join(directory, 'var', ...names));
  const lines = (...text: string[]) => `${text.join('\n')}\n`;
  return {
    'stager.yml': lines(
      '# Keys and meaning are those of the stager of 2012.',
      'logging:',
      '  level: info',
      `pid_filename: ${inVar('stager.pid')}`,
      `nats_uri: ${bus}`,
      '# Seconds a task may take.',
      'max_staging_duration: 120',
      '# Tasks at the same time.',
      'max_active_tasks: 4',
      'queues: [staging]',
      'secure: false',
    ),
    'dea.yml': lines(
      '# Keys and meaning are those of the DEA of 2012.',
      `base_dir: ${inVar('dea')}`,
      `pid: ${inVar('dea.pid')}`,
      `mbus: ${bus}`,
      '# Names of the runtimes an app may ask for.',
      'runtimes: [ruby18, ruby19, ruby, node, node06, node08, python2, python3, php, java]',
      '# MB for all instances together.',
      'max_memory: 2048',
      '# More than one instance.',
      'multi_tenant: true',
      'logging:',
      '  level: info',
    ),
    'router.yml': lines(
      '# Keys and meaning are those of the router of 2012.',
      'inet: 127.0.0.1',
      `port: ${port}`,
      `mbus: ${bus}`,
      `pid: ${inVar('router.pid')}`,
      'logging:',
      '  level: info',
    ),
  };
}

/** A text that a shell takes for one word. */
function word(text: string): string {
  return /^[\w./:@-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

function yamlText(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : JSON.stringify(text);
}
