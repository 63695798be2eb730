// An app that tells how it is run.

const { createServer } = require('node:http');
const { existsSync, readFileSync, readdirSync, readlinkSync, writeFileSync } = require('node:fs');

const mark = `/tmp/witness-${process.pid}`;
writeFileSync(mark, '');

const status = (name) => new RegExp(`^${name}:\\s+(.+)$`, 'm').exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
const inode = (fd) => {
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/self/fd/${fd}`))?.[1];
  } catch {
    return undefined; // closed meanwhile
  }
};
/** Ports this process listens on: its own, and none that it was given by mistake. */
const listening = () => {
  const own = new Set(readdirSync('/proc/self/fd').map(inode));
  const rows = ['tcp', 'tcp6'].flatMap((table) => readFileSync(`/proc/net/${table}`, 'utf8').split('\n'));
  const sockets = rows.map((row) => row.trim().split(/\s+/)).filter((row) => row[3] === '0A' && own.has(row[9]));
  return sockets.map((row) => Number.parseInt(row[1].split(':')[1], 16));
};

createServer((_, response) => {
  const facts = {
    pid: process.pid,
    uid: process.getuid(),
    groups: process.getgroups(),
    noNewPrivileges: status('NoNewPrivs') === '1',
    isFiltered: status('Seccomp') === '2',
    capabilities: status('CapBnd'),
    keptFile: existsSync(mark),
    strangePorts: listening().filter((port) => port !== Number(process.env.PORT)),
    runtime: process.env.RUNTIME_OF ?? null,
  };
  response.end(JSON.stringify(facts));
}).listen(process.env.PORT);

process.on('SIGTERM', () => process.exit());
