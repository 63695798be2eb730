import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

export interface Surroundings {
  readonly busUri: string;
  /** Of the stand-in for a cloud controller. */
  readonly ccUrl: string;
}

/** A client of the bus that is not ours. */
export interface ForeignClient {
  readonly name: string;
  /** What is missing on this machine to run it; `undefined` when nothing is. */
  whyNot(): Promise<string | undefined>;
  /** @returns what was seen @throws Error when it did not get what it asked for */
  run(surroundings: Surroundings): Promise<string>;
}

const execute = promisify(execFile);
const limitMs = 60_000;
const requestScript = join(import.meta.dirname, 'request.rb');

export const foreignClients: readonly ForeignClient[] = [
  {
    name: 'the Ruby client of 2012 (gem nats)',
    whyNot: () =>
      outputOf('ruby', ['-e', 'require "nats/client"; abort "it is newer" unless NATS::VERSION < "1"']).then(
        () => undefined,
        () => 'there is no Ruby whose load path has it; name its place with GEM_PATH or RUBYLIB',
      ),
    async run({ busUri, ccUrl }) {
      const said = JSON.parse(await outputOf('ruby', [requestScript, busUri, ccUrl]));
      expectStaged(said.task_log, said.error);
      if (typeof said.dea_status?.max_memory !== 'number') throw new Error('A DEA did not tell its status.');
      if (!said.subjects.some((subject: string) => subject.startsWith('_INBOX.'))) {
        throw new Error('It did not see the answers among all messages.');
      }
      return `nats ${said.version} staged an app and asked a DEA; it saw ${said.subjects.length} messages`;
    },
  },
  {
    name: 'the nats command',
    whyNot: () =>
      outputOf('nats', ['--version']).then(
        () => undefined,
        () => 'it is not installed',
      ),
    async run({ busUri, ccUrl }) {
      const request = JSON.stringify(stagingRequest(ccUrl));
      const args = ['--server', busUri, 'request', 'staging', request, '--raw', '--timeout', '60s'];
      const reply = JSON.parse(await outputOf('nats', args));
      expectStaged(reply.task_log, reply.error);
      return 'it staged an app';
    },
  },
];

function stagingRequest(ccUrl: string): object {
  return {
    app_id: 'interop',
    download_uri: `${ccUrl}/download_unstaged_app/interop`,
    upload_uri: `${ccUrl}/upload_droplet/interop/1`,
    properties: {
      services: [],
      framework_info: { name: 'sinatra' },
      runtime_info: { name: 'ruby19', executable: 'ruby', version: '1.9.3' },
      resources: { memory: 256, disk: 256, fds: 1024 },
    },
  };
}

function expectStaged(taskLog: unknown, error: unknown): void {
  const lines = String(taskLog).trimEnd().split('\n');
  if ((error ?? null) !== null) throw new Error(`Staging failed: ${error}`);
  if (lines.length !== 10) throw new Error(`The log has ${lines.length} lines instead of 10:\n${taskLog}`);
}

async function outputOf(program: string, args: readonly string[]): Promise<string> {
  return (await execute(program, args, { timeout: limitMs })).stdout;
}
