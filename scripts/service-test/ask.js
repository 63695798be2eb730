/**
 * Asks one host over and over, as several visitors do, each time on a new connection: ask.js PORT HOST [TIMES]
 * Without TIMES it goes on until standard input ends.
 * Prints how many answers came, and why others did not.
 */
import { request } from 'node:http';

const [port, host, times = 'Infinity'] = process.argv.slice(2);
const tally = { answered: 0, failures: {}, last: '' };
let stopped = false;
process.stdin.on('end', () => {
  stopped = true;
});
process.stdin.resume();

const visitors = times === 'Infinity' ? 8 : 1;
await Promise.all(Array.from({ length: visitors }, visit));
process.stdout.write(JSON.stringify(tally));
process.exit();

async function visit() {
  for (let asked = 0; asked < Number(times) && !stopped; asked += 1) {
    const { status, body } = await ask();
    if (status === 200) {
      tally.answered += 1;
      tally.last = body;
    } else tally.failures[status] = (tally.failures[status] ?? 0) + 1;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function ask() {
  return new Promise((resolve) => {
    const options = { port, host: '127.0.0.1', headers: { host }, agent: false, timeout: 20_000 };
    const asking = request(options, (answer) => {
      let body = '';
      answer.setEncoding('utf8').on('data', (chunk) => {
        body += chunk;
      });
      answer.on('end', () => resolve({ status: answer.statusCode, body }));
      answer.on('error', ({ code }) => resolve({ status: code }));
    });
    asking.on('timeout', () => asking.destroy(Object.assign(new Error('late'), { code: 'no answer in 20 s' })));
    asking.on('error', ({ code }) => resolve({ status: code }));
    asking.end();
  });
}
