import { type DropletPlan, type Plugin, runtimeToken } from './plan.ts';
import { rubyCommon } from './ruby.ts';
import { killAppAndItsParent } from './startup-script.ts';

export const rails3: Plugin = (input): DropletPlan => {
  const { variables, options, prepare, gems, files, log } = rubyCommon(input, ['rails', 'rake', 'thin']);
  const withGems = (program: string) =>
    gems === undefined
      ? `${runtimeToken} -S ${program}`
      : `${runtimeToken} ${gems}/bundle exec ${runtimeToken} ${gems}/${program}`;
  const hasThin = /^ +thin \(/m.test(input.files.text('Gemfile.lock') ?? '');
  const server = gems === undefined ? `${withGems('thin')} -R config.ru $@ start` : railsServer(withGems, hasThin);
  return {
    startup: {
      variables: {
        ...variables,
        RUBYOPT: options.replace('-rubygems ', ''),
        DISABLE_AUTO_CONFIG: 'mysql:postgresql',
        RAILS_ENV: `\${RAILS_ENV:-production}`,
      },
      prepare: [
        ...prepare,
        ...(mayMigrate(input.files.text('config/cloudfoundry.yml')) ? migration(withGems('rake')) : []),
        ...console(withGems('rails')),
      ],
      command: server,
    },
    stop: [...killAppAndItsParent, ...killConsole],
    files,
    log,
  };
};

function railsServer(withGems: (program: string) => string, hasThin: boolean): string {
  return `${withGems('rails')} server ${hasThin ? 'thin ' : ''}$@`;
}

/** Unless the app says `dbmigrate: false`. */
function mayMigrate(settings: string | undefined): boolean {
  return !/^\s*dbmigrate\s*:\s*false\s*(#.*)?$/m.test(settings ?? '');
}

function migration(rake: string): string[] {
  return [
    'if [ -f "$PWD/app/config/database.yml" ] ; then',
    `  cd app && ${rake} db:migrate --trace >> ../logs/migration.log 2>> ../logs/migration.log && cd ..;`,
    'fi',
  ];
}

function console(rails: string): string[] {
  return [
    'if [ -n "$VCAP_CONSOLE_PORT" ]; then',
    '  cd app',
    `  ${rails} console >> ../logs/console.log 2>> ../logs/console.log &`,
    '  CONSOLE_STARTED=$!',
    '  echo "$CONSOLE_STARTED" >> ../console.pid',
    '  cd ..',
    'fi',
  ];
}

const killConsole: readonly string[] = [
  'SCRIPT=$(readlink -f "$0")',
  'SCRIPTPATH=`dirname "$SCRIPT"`',
  'CONSOLE_PID=`head -1 $SCRIPTPATH/console.pid`',
  'kill -9 $CONSOLE_PID',
];
