import { type TakenBackup, takeBackup } from '#assembly/backup/take-backup.ts';
import { AsyncDisposableStack } from '#ground/async-disposable-stack.ts';
import { readableSize } from '#ground/bytes.ts';
import { programVersion } from '#packaging/installation.ts';
import { backupSource } from '../backup/backup-source.ts';
import { archiveTarget } from '../backup/write-archive.ts';
import type { Cli } from '../cli.ts';

interface Input {
  readonly file: string;
  readonly force: boolean;
  readonly apps: string | undefined;
  readonly skipDamaged: boolean;
  readonly json: boolean;
}

/** Writes everything that is needed to have the same platform elsewhere into one file. */
export async function run(cli: Cli, input: Input): Promise<void> {
  const startedAt = performance.now();
  await using scope = new AsyncDisposableStack();
  const target = await archiveTarget(cli, input.file, input.force);
  const source = await backupSource(cli, scope);
  cli.progress.step('Writing the backup');
  let writtenBytes = 0;
  const taken = await takeBackup(source, {
    apps: input.apps?.split(',').map((name) => name.trim()),
    skipDamaged: input.skipDamaged,
    version: programVersion(),
    signal: cli.signal,
    progress: (done, all) => cli.progress.detail(`${readableSize(done)} of ${readableSize(all)}`),
    write: async (archive) => {
      writtenBytes = await target.write(archive);
    },
  });
  cli.progress.end();
  for (const { apps, sha256 } of taken.lost) {
    cli.progress.warn(
      `Left out, because it is damaged or missing: a package or droplet of ${apps.join(', ')} (${sha256.slice(0, 12)}…).`,
    );
  }
  tell(cli, input, taken, { file: target.name, bytes: writtenBytes, seconds: (performance.now() - startedAt) / 1000 });
}

interface Facts {
  readonly file: string;
  readonly bytes: number;
  readonly seconds: number;
}

/** Standard output may be the backup itself; then this is said beside it. */
function tell(cli: Cli, { file, json }: Input, { record, state, lost }: TakenBackup, facts: Facts): void {
  const sink = file === '-' ? cli.messages : cli.output;
  if (json) {
    const { createdAt, domain, counts, machine } = record;
    const apps = state.app.map(({ name }) => name);
    const left = lost.map(({ sha256, apps }) => ({ sha256, apps }));
    sink.write(`${JSON.stringify({ ...facts, createdAt, domain, counts, machine, apps, left }, null, 2)}\n`);
    return;
  }
  const { apps } = record.counts;
  const what = `${apps} ${apps === 1 ? 'app' : 'apps'}, ${readableSize(facts.bytes)}, ${facts.seconds.toFixed(1)} s`;
  sink.write(`${facts.file}: ${what}. It holds the values of variables and the platform's password: keep it safe.\n`);
}
