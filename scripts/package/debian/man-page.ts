import { commandGroups } from '#cli/command-table.ts';
import { synopsis } from './control.ts';

const environment = [
  ['LOCALPAAS_HOME', 'where the platform keeps its things; ~/.localpaas when it is not set'],
  ['LOCALPAAS_CACHE', 'where programs that localpaas carries are unpacked; ~/.cache/localpaas when it is not set'],
  ['LOCALPAAS_NATS_SERVER', 'another nats-server than the one that localpaas carries'],
] as const;

const exits = [
  ['0', 'done, or stopped as asked'],
  ['1', 'it did not succeed'],
  ['2', 'wrong usage'],
  ['3', 'no localpaas answered'],
  ['4', 'the machine lacks something'],
  ['70', 'a bug'],
] as const;

/** localpaas(1), in the language of man pages. */
export function manPage(version: string, builtAt: Date): string {
  return [
    `.TH LOCALPAAS 1 ${builtAt.toISOString().slice(0, 10)} "localpaas ${version}" "User Commands"`,
    '.SH NAME',
    `localpaas \\- ${plain(synopsis)}`,
    '.SH SYNOPSIS',
    '.B localpaas\n.I command\n.RI [ arguments ]',
    '.SH DESCRIPTION',
    'A message bus, a cloud controller, a stager, a DEA and a router in one program, which work like those of Cloud',
    'Foundry. It needs no root; it keeps everything below one directory and listens on loopback only.',
    '.PP',
    '.B localpaas help\n.I command\nshows what a command takes, with examples.',
    ...commandGroups.flatMap(({ title, members }) => [
      `.SH ${title.toUpperCase()}`,
      ...members.flatMap(({ name, takes, summary }) => entry(`${name} ${argumentsOf(takes)}`.trim(), summary)),
    ]),
    '.SH ENVIRONMENT',
    ...environment.flatMap(([name, text]) => entry(name, text)),
    '.SH EXIT STATUS',
    ...exits.flatMap(([code, text]) => entry(code, text)),
    '',
  ].join('\n');
}

function argumentsOf(takes: Readonly<Record<string, { readonly syntax: string }>>): string {
  const parameters = Object.values(takes).map(({ syntax }) => syntax);
  return parameters.filter((syntax) => !syntax.startsWith('-')).join(' ');
}

function entry(term: string, text: string): string[] {
  return ['.TP', `.B ${plain(term)}`, plain(text)];
}

/** Text in which nothing is a request: no backslash, no minus that becomes a hyphen, no point or quote at the beginning. */
function plain(text: string): string {
  return text.replaceAll('\\', '\\e').replaceAll('-', '\\-').replace(/^[.']/, '\\&$&');
}
