import type { ServerResponse } from 'node:http';
import type { AnswerHead } from './answer-head.ts';
import { isForOneConnection } from './headers.ts';

/** Early news about an answer (100, 102, 103), as far as the client's side can tell it. */
export function passNews(head: AnswerHead, response: ServerResponse, expectsContinue: boolean): void {
  if (response.headersSent || response.req.httpVersionMinor === 0) return;
  if (head.statusCode === 100 && expectsContinue) response.writeContinue();
  if (head.statusCode === 102) response.writeProcessing();
  if (head.statusCode === 103) passHints(head, response);
}

function passHints({ rawHeaders }: AnswerHead, response: ServerResponse): void {
  const links: string[] = [];
  const others: Record<string, string> = {};
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const [name = '', value = ''] = rawHeaders.slice(at, at + 2);
    if (name.toLowerCase() === 'link') links.push(value);
    else if (!isForOneConnection(name)) others[name] = value;
  }
  try {
    response.writeEarlyHints({ ...others, link: links });
  } catch {
    // A link that Node finds malformed: hints may be lost, answers not.
  }
}
