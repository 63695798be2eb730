import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

const line = `\n\n${'-'.repeat(100)}\n\n`;

/** Everything an executable's owner may want to know about terms: ours, those of the packages, of Node, of nats-server. */
export async function licenceTexts(project: string, node: { version: string; licence: string }): Promise<string> {
  const read = (name: string) => readFile(join(project, name), 'utf8');
  return [
    `localpaas · Apache-2.0\n\n${(await read('LICENSE')).trim()}`,
    (await read('THIRD_PARTY_LICENSES')).trim(),
    `Node.js ${node.version}, which runs localpaas and is part of this file\n\n${node.licence.trim()}`,
    (await read('scripts/package/nats-server-licences.txt')).trim(),
  ].join(line);
}
