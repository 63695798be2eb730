import type { AppFiles } from './app-files.ts';
import type { DropletFile, DropletPlan, Plugin } from './plan.ts';
import { djangoStandIn, gunicornStandIn } from './python-stand-ins.ts';

export const wsgi: Plugin = ({ files }) =>
  pythonPlan(files, {
    packages: ['gunicorn'],
    before: [],
    command: '../python/bin/gunicorn -c ../gunicorn.config wsgi:application',
    standIns: [],
  });

export const django: Plugin = ({ files }) =>
  pythonPlan(files, {
    packages: ['django', 'gunicorn'],
    before: ['python manage.py syncdb --noinput >> ../logs/startup.log 2>&1'],
    command: '../python/bin/gunicorn_django -c ../gunicorn.config',
    standIns: [{ path: 'python/bin/gunicorn_django', text: djangoStandIn, mode: 0o755 }],
  });

interface PythonApp {
  /** Installed at every start. */
  readonly packages: readonly string[];
  readonly before: readonly string[];
  readonly command: string;
  readonly standIns: readonly DropletFile[];
}

function pythonPlan(files: AppFiles, { packages, before, command, standIns }: PythonApp): DropletPlan {
  const requirements = files.isFile('requirements.txt')
    ? ['pip install --user -r requirements.txt >> ../logs/startup.log 2>&1']
    : [];
  return {
    startup: {
      prepare: [
        'DIR="$( cd "$( dirname "$0" )" && pwd )"',
        'export PYTHONUSERBASE=$DIR/python',
        ...packages.map((name) => `pip install --user ${name} >> logs/startup.log 2>&1`),
      ],
      before: [...requirements, ...before],
      command,
    },
    files: [
      { path: 'gunicorn.config', text: gunicornConfig, mode: 0o644 },
      { path: 'python/bin/gunicorn', text: gunicornStandIn, mode: 0o755 },
      { path: '.pip/pip.conf', text: pipConfig(files, packages), mode: 0o644 },
      ...standIns,
    ],
  };
}

const gunicornConfig = `import os
bind = "0.0.0.0:%s" % os.environ['VCAP_APP_PORT']
loglevel = "debug"
`;

/**
 * startup runs pip each time, with the droplet as its home. Without a network pip would try for minutes: it gets one
 * try, and none at all when everything is here: gunicorn has a stand-in, and wheels may come with the app.
 */
function pipConfig(files: AppFiles, packages: readonly string[]): string {
  const wheels = ['vendor', 'wheelhouse'].find((place) => files.glob(`${place}/*.{whl,tar.gz,zip}`).length > 0);
  const needsIndex = files.isFile('requirements.txt') || packages.some((name) => name !== 'gunicorn');
  const lines = [
    '[global]',
    'disable-pip-version-check = true',
    'no-input = true',
    'no-cache-dir = true',
    'break-system-packages = true',
    'retries = 0',
    'timeout = 5',
    ...(wheels === undefined ? [] : [`find-links = ~/app/${wheels}`]),
    ...(wheels !== undefined || !needsIndex ? ['no-index = true'] : []),
    '[install]',
    'no-warn-script-location = true',
  ];
  return `${lines.join('\n')}\n`;
}
