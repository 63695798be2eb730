import { argument, command, count, flag, json, list, text, words } from '../command.ts';
import { buildpackActions, workshopActions } from './buildpack-actions.ts';

const buildpacks = command({
  name: 'buildpacks',
  summary: 'list, add, update, remove and order what stages apps',
  examples: [
    ['localpaas buildpacks', 'all of them, in the order in which they are asked'],
    ['localpaas buildpacks add mine ./my-buildpack', 'a folder, or a zip'],
    ['localpaas buildpacks add mine https://example.com/pack.git#v2', 'a branch, tag or commit of a git repository'],
    ['localpaas buildpacks update mine', 'fetch it again from where it came'],
    ['localpaas buildpacks update mine ./my-buildpack', 'take it from elsewhere'],
    ['localpaas buildpacks order mine 1', 'the first that is asked'],
    ['localpaas buildpacks order node ruby mine', 'these first, in this order'],
    ['localpaas buildpacks disable php', 'neither asked nor usable until `enable php`'],
    ['localpaas buildpacks rename mine ours', 'apps that name it have to be told'],
    ['localpaas buildpacks remove ours', 'for ever'],
  ],
  notes: [
    'A buildpack is fetched once, when it is added or updated; staging with it needs no network then. git repositories',
    'are cloned by the git of this machine, with your keys and credential helpers, but nobody is asked for a password.',
    'Running apps keep what they were staged with until `localpaas restage`.',
  ].join('\n'),
  takes: {
    action: text('[action]', buildpackActions.join(', '), buildpackActions),
    name: text('[name]', 'the buildpack', 'buildpacks'),
    rest: { ...words('[more...]', 'a folder, zip or address; a position; a new name; more names'), completes: 'files' },
    position: count('--position <number>', 'with `add`: where in the order; the first when absent', 1),
    disable: flag('--disable', 'with `add`: not used until it is enabled'),
    force: flag('-f, --force', 'with `remove`: do not ask'),
    names: flag('--names', 'list the names only, one on a line'),
    json,
  },
  load: () => import('#cli/commands/buildpacks.ts'),
});

const buildpack = command({
  name: 'buildpack',
  summary: 'check a buildpack, or begin a new one',
  examples: [
    ['localpaas buildpack new greet', 'a small one that works, in ./greet'],
    ['localpaas buildpack lint ./greet', 'check it, and stage an app with it in a scratch directory'],
    ['localpaas buildpack lint pack.zip --app ./shop', 'with an app of yours'],
    ['localpaas buildpack lint ./subdir --app ./shop --env PROJECT_PATH=web', 'with a variable that it reads'],
    ['localpaas buildpack lint ./greet --json | jq ".checks[] | select(.result != \\"ok\\")"', 'what is wrong'],
  ],
  notes: [
    '`lint` exits with 1 when something is wrong. No platform is needed. The app is yours with --app, else what lies in',
    'sample-app/ of the buildpack, else the first sample app of localpaas that the buildpack takes.',
  ].join('\n'),
  takes: {
    action: argument('<action>', workshopActions.join(' or '), workshopActions),
    subject: argument('<buildpack>', 'folder or zip to check; name of the new one', 'files'),
    app: text('--app <folder>', 'with `lint`: the app to stage', 'folders'),
    env: list('-e, --env <KEY=VALUE>', 'with `lint`: a variable of that app; may be given again'),
    dir: text('--dir <folder>', 'with `new`: where to write it; a folder of its name when absent', 'folders'),
    json,
  },
  load: () => import('#cli/commands/buildpack.ts'),
});

export const buildpackCommands = [buildpacks, buildpack];
