import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { InstanceRecord } from '#components/dea/instance-record.ts';
import { readCheckedFile, writeCheckedFile } from '#ground/checked-file.ts';
import { waitFor } from '#ground/wait.ts';
import type { Home } from './support.ts';

/** Has the next DEA read something else of each instance than was noted. */
export async function changeSnapshot({ dataDir }: Home, changes: Partial<InstanceRecord>): Promise<void> {
  const path = join(dataDir, 'instances.json');
  const Noted = v.object({ version: v.number(), instances: v.array(InstanceRecord) });
  const noted = await readCheckedFile(path, Noted);
  if (!noted?.ok) throw new TypeError('There is no snapshot.');
  const instances = noted.value.instances.map((record) => ({ ...record, ...changes }));
  await writeCheckedFile(path, { ...noted.value, instances });
}

/** Resolves when the next DEA would read that the instance is in this phase. */
export async function untilInSnapshot({ dataDir }: Home, instance: string, phase: string): Promise<void> {
  const isThere = async () => {
    const text = await readFile(join(dataDir, 'instances.json'), 'utf8').catch(() => '{"instances":[]}');
    const records: { id: string; life: { phase: string } }[] = JSON.parse(text).instances;
    return records.some(({ id, life }) => id === instance && life.phase === phase) ? true : undefined;
  };
  await waitFor(`${instance} to be noted as ${phase}`, isThere, { limitMs: 15_000 });
}
