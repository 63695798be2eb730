import { argument, type Command, command, flag, list, text } from '../command.ts';

export const toolCommands = [
  command({
    name: 'curl',
    summary: 'ask the API something, logged in',
    examples: [
      ['localpaas curl /v3/apps', 'what the other commands see'],
      ['localpaas curl /v3/apps -i', 'with status and headers'],
      ['localpaas curl /v3/apps/GUID -X PATCH -d \'{"name":"new"}\'', 'a change'],
      ['localpaas curl /v3/packages/GUID/upload -X POST -d @body.txt', 'a body from a file'],
    ],
    notes: 'Exits with 1 when the answer has a status of 400 or more.',
    takes: {
      path: argument('<path>', 'path and query, beginning with /'),
      request: text('-X, --request <method>', 'HTTP method (default GET, or POST with -d)'),
      data: text('-d, --data <data>', 'the body; `@FILE` reads a file, `@-` standard input', 'files'),
      header: list('-H, --header <header>', '`Name: value`; may be given again'),
      include: flag('-i, --include', 'print status and headers too'),
    },
    load: () => import('#cli/commands/curl.ts'),
  }),
  command({
    name: 'licenses',
    summary: 'print the terms of localpaas and of everything in it',
    examples: [['localpaas licenses | less', 'ours, of the packages, of Node and of nats-server']],
    takes: {},
    load: () => import('#cli/commands/licenses.ts'),
  }),
];

/** @param commands all commands, this one too, which are known only when the table is whole */
export function completionCommand(commands: () => readonly Command[]): Command {
  return command({
    name: 'completion',
    summary: 'print a script that completes commands in a shell',
    examples: [
      ['source <(localpaas completion bash)', 'in ~/.bashrc'],
      ['source <(localpaas completion zsh)', 'in ~/.zshrc'],
      ['localpaas completion fish | source', 'in ~/.config/fish/config.fish'],
    ],
    takes: { shell: argument('<shell>', 'bash, zsh or fish', ['bash', 'zsh', 'fish']) },
    load: async () => {
      const completion = await import('#cli/commands/completion.ts');
      return { run: (cli, input) => completion.run(cli, input, commands()) };
    },
  });
}
