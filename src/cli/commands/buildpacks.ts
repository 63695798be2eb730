import { ActionableError } from '#ground/errors.ts';
import { ApiClient } from '../api-client.ts';
import { addBuildpack, updateBuildpack } from '../buildpacks/bring-buildpack.ts';
import { buildpackViewOf, printBuildpacks } from '../buildpacks/buildpack-view.ts';
import { changeEnabled, orderBuildpacks, removeBuildpack, renameBuildpack } from '../buildpacks/change-buildpack.ts';
import { allBuildpacks } from '../buildpacks/find-buildpack.ts';
import type { Cli } from '../cli.ts';
import { buildpackActions } from '../rows/buildpack-actions.ts';
import { didYouMean } from '../similar.ts';

export interface BuildpacksInput {
  readonly action: string | undefined;
  readonly name: string | undefined;
  readonly rest: readonly string[];
  readonly position: number | undefined;
  readonly disable: boolean;
  readonly force: boolean;
  readonly names: boolean;
  readonly json: boolean;
}

/** What follows the action: how many words, and how they are to be given. */
const wanted = {
  add: { least: 2, most: 2, usage: 'add NAME FOLDER|ZIP|ADDRESS' },
  update: { least: 1, most: 2, usage: 'update NAME [FOLDER|ZIP|ADDRESS]' },
  remove: { least: 1, most: 1, usage: 'remove NAME' },
  order: { least: 2, most: Number.POSITIVE_INFINITY, usage: 'order NAME POSITION` or `order NAME NAME…' },
  enable: { least: 1, most: 1, usage: 'enable NAME' },
  disable: { least: 1, most: 1, usage: 'disable NAME' },
  rename: { least: 2, most: 2, usage: 'rename NAME NEW-NAME' },
} as const;

/** Which option belongs to which action. */
const ownOptions = { position: 'add', disable: 'add', force: 'remove', names: undefined } as const;

export async function run(cli: Cli, input: BuildpacksInput): Promise<void> {
  const action = input.action === undefined ? undefined : actionOf(input.action);
  checkOptions(input, action);
  if (action === undefined) return list(cli, input);
  const words = [input.name, ...input.rest].filter((word) => word !== undefined);
  const { least, most, usage } = wanted[action];
  if (words.length < least || words.length > most) {
    throw new ActionableError(
      'USAGE',
      `\`localpaas buildpacks ${action}\` cannot be given ${words.length === 0 ? 'nothing' : `'${words.join(' ')}'`}.`,
      `Say \`localpaas buildpacks ${usage}\`.`,
    );
  }
  const [name = '', second = ''] = words;
  const api = await ApiClient.open(cli);
  const work = {
    add: () => addBuildpack(cli, api, { ...input, name, source: second }),
    update: () => updateBuildpack(cli, api, { ...input, name, source: words[1] }),
    remove: () => removeBuildpack(cli, api, { ...input, name }),
    order: () => orderBuildpacks(cli, api, { ...input, words }),
    enable: () => changeEnabled(cli, api, { ...input, name, enabled: true }),
    disable: () => changeEnabled(cli, api, { ...input, name, enabled: false }),
    rename: () => renameBuildpack(cli, api, { ...input, name, newName: second }),
  };
  await work[action]();
}

type Action = (typeof buildpackActions)[number];

function actionOf(given: string): Action {
  const action = buildpackActions.find((each) => each === given);
  if (action !== undefined) return action;
  throw new ActionableError(
    'USAGE',
    `\`localpaas buildpacks\` cannot ${given}.`,
    `${didYouMean(given, buildpackActions)}Say one of ${buildpackActions.join(', ')}, or nothing for a list.`,
  );
}

function checkOptions(input: BuildpacksInput, action: Action | undefined): void {
  for (const name of ['position', 'disable', 'force', 'names'] as const) {
    const isGiven = input[name] !== undefined && input[name] !== false;
    if (!isGiven || ownOptions[name] === action) continue;
    const whose = ownOptions[name] === undefined ? 'the list' : `\`buildpacks ${ownOptions[name]}\``;
    throw new ActionableError('USAGE', `--${name} is for ${whose} only.`, 'Leave it out.');
  }
}

async function list(cli: Cli, { names, json }: BuildpacksInput): Promise<void> {
  const views = (await allBuildpacks(await ApiClient.open(cli))).map(buildpackViewOf);
  if (names) for (const { name } of views) cli.out.line(name);
  else if (json) cli.out.json(views);
  else if (views.length === 0) cli.out.line('There are no buildpacks. `localpaas buildpacks add` brings one.');
  else printBuildpacks(cli, views);
}
