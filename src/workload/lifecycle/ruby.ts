import { ActionableError } from '#ground/errors.ts';
import type { AppFiles } from './app-files.ts';
import { type DropletFile, type DropletPlan, type Plugin, runtimeToken, type StagingInput } from './plan.ts';
import { bundleStandIn, type GemProgram, gemProgramStandIns } from './ruby-stand-ins.ts';
import { wordOf } from './startup-script.ts';

export const sinatra: Plugin = (input) => {
  const main = input.files.candidates(input.detection)[0];
  if (main === undefined) {
    throw new ActionableError(
      'STAGING_FAILED',
      'Unable to determine Sinatra startup command: no Ruby file at the top of the app requires sinatra.',
      "Push the directory whose top holds the file with `require 'sinatra'`, or give the start command with `--command`.",
    );
  }
  const { gems, plan } = rubyPlan(input);
  const run = gems === undefined ? wordOf(main) : `${gems}/bundle exec ${runtimeToken} ./${wordOf(main)}`;
  return { ...plan, startup: { ...plan.startup, command: `${runtimeToken} ${run} $@` } };
};

export const rack: Plugin = (input) => {
  const { gems, plan } = rubyPlan(input);
  const run = gems === undefined ? '-S rackup' : `${gems}/bundle exec ${runtimeToken} -S ${gems}/rackup`;
  return { ...plan, startup: { ...plan.startup, command: `${runtimeToken} ${run} $@ config.ru -E $RACK_ENV` } };
};

/** What all Ruby web apps have in common, still without the command. */
function rubyPlan(input: StagingInput): { gems: string | undefined; plan: DropletPlan } {
  const { options, ...common } = rubyCommon(input);
  const { variables, gems } = common;
  const RUBYOPT = gems === undefined ? options : options.replace(' ', '  ');
  return {
    gems,
    plan: {
      startup: {
        variables: { ...variables, RUBYOPT, RACK_ENV: `\${RACK_ENV:-production}` },
        prepare: common.prepare,
        command: '',
      },
      files: common.files,
      log: common.log,
    },
  };
}

export interface RubyCommon {
  /** Without RUBYOPT. */
  readonly variables: Readonly<Record<string, string>>;
  /** The value of RUBYOPT. */
  readonly options: string;
  readonly prepare: readonly string[];
  /** Where the app's own gems have their programs, seen from app/, when it has a Gemfile.lock. */
  readonly gems: string | undefined;
  readonly files: readonly DropletFile[];
  readonly log: readonly string[];
}

/**
 * What makes Ruby write its output at once and find the app's gems.
 * @param programs of gems that the command names beside `bundle`
 */
export function rubyCommon(
  { files, properties }: StagingInput,
  programs: readonly GemProgram[] = ['rackup'],
): RubyCommon {
  const prepare = ['mkdir ruby', 'echo "\\$stdout.sync = true" >> ./ruby/stdsync.rb'];
  // The script asks for a library `ubygems`, which Ruby had until 2.4. An empty one does.
  const ubygems: DropletFile = { path: 'ruby/ubygems.rb', text: '', mode: 0o644 };
  if (!files.has('Gemfile.lock')) {
    const log = [
      'Auto-reconfiguration disabled because app does not use Bundler.',
      'Please provide a Gemfile.lock to use auto-reconfiguration.',
    ];
    const options = '-rubygems -I$PWD/ruby -rstdsync';
    return { variables: {}, options, prepare, gems: undefined, files: [ubygems], log };
  }
  const home = `rubygems/ruby/${properties.runtime_info.version?.startsWith('1.9') ? '1.9.1' : '1.8'}`;
  return {
    variables: {
      GEM_HOME: `$PWD/app/${home}`,
      GEM_PATH: `$PWD/app/${home}`,
      PATH: `$PWD/app/${home}/bin:$PATH`,
    },
    options: '-I$PWD/ruby -rstdsync',
    prepare,
    gems: `./${home}/bin`,
    files: gemPrograms(files, `${home}/bin`, programs),
    log: [],
  };
}

/** Staging of 2012 fetched and built the gems; here the programs it put beside them are replaced by stand-ins. */
function gemPrograms(files: AppFiles, directory: string, names: readonly GemProgram[]): DropletFile[] {
  const programs = {
    bundle: bundleStandIn,
    ...Object.fromEntries(names.map((name) => [name, gemProgramStandIns[name]])),
  };
  return Object.entries(programs)
    .filter(([name]) => !files.has(`${directory}/${name}`))
    .map(([name, text]) => ({ path: `app/${directory}/${name}`, text, mode: 0o755 }));
}
