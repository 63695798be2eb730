import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ActionableError } from '#ground/errors.ts';
import type { AppFiles } from './app-files.ts';
import { findErlang } from './machine.ts';
import type { DropletLink, Plugin, StagingInput } from './plan.ts';

/** A release of Erlang/OTP as rebar makes it: `bin/NAME console`. */
export const otpRebar: Plugin = (input) => {
  const { files } = input;
  const name = releaseOf(input);
  return {
    startup: {
      before: [
        ...linesOf(files, 'etc/vmc.args').map((line) => `echo "${line.replace(/["\\$`]/g, '\\$&')}" >>etc/vm.args`),
        'echo "-name erl$VMC_APP_PORT@`hostname`" >>etc/vm.args',
      ],
      command: `sh bin/${name} console`,
    },
    files: [{ path: 'app/etc/vm.args', text: vmArguments(files), mode: 0o644, replaces: true }],
    links: linksToErlang(input, name),
  };
};

function releaseOf({ files, detection }: StagingInput): string {
  const [release] = files.candidates(detection);
  const name = release === undefined ? undefined : basename(release, '.rel');
  // The name stands in a line of startup.
  if (name !== undefined && /^[\w.-]+$/.test(name) && files.isFile(`bin/${name}`)) return name;
  throw new ActionableError(
    'STAGING_FAILED',
    name === undefined
      ? 'This is no release of Erlang/OTP: there is no releases/*/*.rel.'
      : `The release '${name}' has no bin/${name} to start it.`,
    'Build it with `rebar generate` and push the directory that it makes.',
  );
}

/** The platform names the node, and there is no terminal for a shell. */
function vmArguments(files: AppFiles): string {
  const kept = (files.text('etc/vm.args') ?? '').split('\n').filter((line) => !/^\s*-name\b/.test(line));
  const text = kept.join('\n').trimEnd();
  return `${text === '' ? '' : `${text}\n`}\n+B\n-noinput\n`;
}

/**
 * What the machine's Erlang has in the same version is taken from there, as it may be another machine than the one
 * that built the release. @throws ActionableError STAGING_FAILED when neither has what starts the release
 */
function linksToErlang({ files, env }: StagingInput, name: string): DropletLink[] {
  const root = findErlang(env);
  const version = /^\s*([\w.-]+)/.exec(files.text('releases/start_erl.data') ?? '')?.[1];
  const erts = version === undefined ? files.glob('erts-*') : [`erts-${version}`];
  const has = (path: string) => root !== undefined && existsSync(join(root, path));
  const missing = erts.find((path) => !has(path) && !files.has(path)) ?? (erts.length === 0 ? 'erts' : undefined);
  if (missing !== undefined) {
    throw new ActionableError(
      'STAGING_FAILED',
      `The release '${name}' needs ${missing} of Erlang, which is neither in it nor on this machine.`,
      'Build the release with `{include_erts, true}`, or install that version of Erlang: on Debian the package is erlang-base.',
    );
  }
  const paths = [...erts, ...files.glob('lib/*')];
  return root === undefined ? [] : paths.filter(has).map((path) => ({ path: `app/${path}`, target: join(root, path) }));
}

function linesOf(files: AppFiles, path: string): string[] {
  return (files.text(path) ?? '').split('\n').filter((line) => line.trim() !== '');
}
