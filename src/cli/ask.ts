import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { ActionableError } from '#ground/errors.ts';
import type { Cli } from './cli.ts';

/** One line from the person at the terminal. @param options `isHidden`: nothing of it is shown. @throws ActionableError USAGE */
export async function askForLine(cli: Cli, question: string, { isHidden = false } = {}): Promise<string> {
  cli.messages.write(`${question}: `);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({
    input: cli.input,
    signal: cli.signal,
    ...(isHidden ? { output: nowhere, terminal: true } : {}),
  });
  try {
    for await (const answer of terminal) {
      if (isHidden) cli.messages.write('\n');
      return answer.trim();
    }
  } finally {
    terminal.close();
  }
  cli.signal.throwIfAborted();
  throw new ActionableError('USAGE', `'${question}' got no answer.`, 'Push again, and answer it.');
}
