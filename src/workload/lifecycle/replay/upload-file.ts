import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { messageOf } from '#ground/errors.ts';
import { call } from '#ground/http-client.ts';
import { sleep } from '#ground/wait.ts';

const attempts = 3;
const pauseMs = 200;

/** Sends a file as the cells of Diego do, three times at most. @returns why it did not arrive; undefined when it did */
export async function uploadFile(file: string, url: string, signal: AbortSignal): Promise<string | undefined> {
  let reason: string | undefined;
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    if (attempt > 1) await sleep(pauseMs, signal);
    reason = await attemptUpload(file, url, signal);
    if (reason === undefined) return undefined;
  }
  return reason;
}

async function attemptUpload(file: string, url: string, signal: AbortSignal): Promise<string | undefined> {
  try {
    const { size } = await stat(file);
    const { md5, sha256 } = await digestsOf(file);
    const answer = await call(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/octet-stream',
        'content-length': String(size),
        'content-md5': md5,
        'content-digest': `sha-256=:${sha256}:`,
      },
      body: createReadStream(file),
      signal,
    });
    answer.discard();
    return answer.status >= 400 ? `the answer was ${answer.status}` : undefined;
  } catch (error) {
    signal.throwIfAborted();
    return messageOf(error);
  }
}

async function digestsOf(file: string): Promise<{ md5: string; sha256: string }> {
  const [md5, sha256] = [createHash('md5'), createHash('sha256')];
  for await (const chunk of createReadStream(file)) {
    md5.update(chunk as Buffer); // no encoding is set, so chunks are buffers
    sha256.update(chunk as Buffer);
  }
  return { md5: md5.digest('base64'), sha256: sha256.digest('base64') };
}
