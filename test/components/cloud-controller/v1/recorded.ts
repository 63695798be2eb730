import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What the library of vmc 0.3.17 sent, byte for byte, in the order of a push. */
export interface Recorded {
  /** `GET /info` */
  readonly name: string;
  /** The request, with this token in place of the one it was recorded with. */
  bytes(token?: string): Buffer;
}

const recordedToken = '04085b0849220a';

export async function recordedRequests(): Promise<ReadonlyMap<string, Recorded>> {
  const text = await readFile(join('test/components/cloud-controller/v1', 'vmc-0.3.17-http-wire.txt'), 'utf8');
  const blocks = text.replaceAll('\r\n', '\n').split(/^>>> /m).slice(1);
  return new Map(blocks.map(recordedIn).map((each) => [each.name, each]));
}

function recordedIn(block: string): Recorded {
  const [head = '', body = ''] = block.split('\n\n');
  const name = head.slice(0, head.indexOf(' HTTP/1.1'));
  return {
    name,
    bytes: (token = recordedToken) =>
      Buffer.from(`${head.replace(recordedToken, token).replaceAll('\n', '\r\n')}\r\n\r\n${bodyIn(body)}`, 'latin1'),
  };
}

/** The recording shows bodies as Python prints bytes. */
function bodyIn(text: string): string {
  const quoted = /^b'(.*)'$/s.exec(text.trim())?.[1] ?? '';
  return quoted.replaceAll('\\r', '\r').replaceAll('\\n', '\n').replaceAll("\\'", "'");
}
