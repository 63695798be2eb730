import { lookup } from 'node:dns/promises';
import { arch, platform, release, totalmem } from 'node:os';
import { readableSize } from '#ground/bytes.ts';
import { systemCodeOf } from '#ground/errors.ts';
import { isNodeOutdated } from '#packaging/outdated-node.ts';
import { type Finding, ok, problem, warning } from './finding.ts';

const oldestNode = '20.11';
const enoughMemoryBytes = 512 * 1024 * 1024;

export function checkSystem(): Finding {
  const found = `${platform()} ${release()} on ${arch()}, ${readableSize(totalmem())} of memory.`;
  if (!['linux', 'darwin'].includes(platform())) {
    return problem('system', found, 'localpaas runs on Linux and macOS.');
  }
  if (totalmem() < enoughMemoryBytes) {
    return warning('system', found, 'Run few and small apps: the platform alone takes about 110M.');
  }
  return ok('system', found);
}

/** @param version as of `process.versions.node` */
export function checkNode(version: string): Finding {
  const isNewEnough = version.localeCompare(oldestNode, 'en', { numeric: true }) >= 0;
  const found = `Node ${version} runs localpaas.`;
  if (isNewEnough && isNodeOutdated(version)) {
    return warning(
      'node',
      found,
      'It gets no security fixes any more: keep the router on loopback, as it is by default.',
    );
  }
  return isNewEnough ? ok('node', found) : problem('node', found, `Install Node ${oldestNode} or newer.`);
}

/** Names below the domain must lead to this machine for curl and programs; browsers know `localhost` by themselves. */
export async function checkNames(domain: string): Promise<Finding> {
  const name = `hello.${domain}`;
  try {
    const { address } = await lookup(name);
    const isHere = address === '::1' || address.startsWith('127.');
    if (isHere || domain !== 'localhost') return ok('names', `${name} is ${address}.`);
    return warning(
      'names',
      `${name} is ${address}, not this machine.`,
      `Have programs ask 127.0.0.1 and send the header \`Host: ${name}\`.`,
    );
  } catch (error) {
    return warning(
      'names',
      `${name} is unknown to this machine's resolver: ${systemCodeOf(error) ?? 'no answer'}.`,
      `Browsers and curl find it all the same. Other programs ask 127.0.0.1 and send the header \`Host: ${name}\`.`,
    );
  }
}

/** A proxy cannot reach this machine's own names. */
export function checkProxy(env: Readonly<Record<string, string | undefined>>, domain: string): Finding {
  const names = ['http_proxy', 'HTTP_PROXY', 'all_proxy', 'ALL_PROXY'];
  const set = names.find((name) => (env[name] ?? '') !== '');
  if (set === undefined) return ok('proxy', 'No proxy stands between programs and apps.');
  const exempt = (env['no_proxy'] ?? env['NO_PROXY'] ?? '').split(/[\s,]+/).map((each) => each.replace(/^\*?\./, ''));
  if (exempt.includes(domain) || exempt.includes('*'))
    return ok('proxy', `${set} is set, and ${domain} is exempt from it.`);
  return warning('proxy', `${set} is set, so programs ask the proxy for apps.`, `Set NO_PROXY=${domain},127.0.0.1.`);
}

/** Nothing below is a boundary against hostile code. */
export function isolationLevel(): Finding {
  return ok(
    'isolation',
    'Level 0: each app has its own session and process group, a listed environment, and its memory and disk are watched. ' +
      'Apps run as you and can read your files: push only what you trust.',
  );
}
