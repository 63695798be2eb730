import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { AnswerHead } from './answer-head.ts';
import { newsHeaders } from './headers.ts';

/**
 * Passes early news about an answer (100, 102, 103 and whatever else begins with 1) to a client that knows of such. It
 * is written past Node, which would leave out all but 100, 102 and a 103 with links; nothing of the answer has left yet.
 */
export function passNews(head: AnswerHead, response: ServerResponse, expectsContinue: boolean): void {
  if (response.headersSent || response.req.httpVersionMinor === 0) return;
  if (head.statusCode === 100) {
    if (expectsContinue) response.writeContinue();
    return;
  }
  const { statusCode, statusMessage } = head;
  const headers = newsHeaders(head);
  let text = `HTTP/1.1 ${statusCode} ${statusMessage || (STATUS_CODES[statusCode] ?? '')}\r\n`;
  for (let at = 0; at + 1 < headers.length; at += 2) text += `${headers[at]}: ${headers[at + 1]}\r\n`;
  // While an earlier answer has the connection this one has no socket: hints may be lost, answers not.
  response.socket?.write(`${text}\r\n`, 'latin1');
}
