import type { StagingProperties } from '#contract/staging.ts';
import type { AppSource } from './apps.ts';

const ruby19 = { name: 'ruby19', executable: 'ruby', version: '1.9.3' };
const python2 = { name: 'python2', executable: 'python', version: '2.6.5' };
const node = { name: 'node', executable: 'node', version: '0.4.12' };
const noAutoconfig = { 'cloudfoundry.json': '{"cfAutoconfig": false}' };
const gems = {
  Gemfile: '',
  'Gemfile.lock': '',
  'config/cloudfoundry.yml': 'autoconfig: false\n',
  'vendor/bundle/1.9.1/': '',
};

export interface Case {
  readonly framework: string;
  readonly runtime: StagingProperties['runtime_info'];
  readonly source: AppSource;
  readonly command?: string;
  /** What our droplets hold besides, so that the old scripts run today. */
  readonly extra?: readonly string[];
  /** Files of the droplet that were recorded too: recorded name → path. */
  readonly recorded?: Readonly<Record<string, string>>;
}

const ubygems = ['./ruby', './ruby/ubygems.rb'];
const bundled = ['', '/ruby', '/ruby/1.9.1', '/ruby/1.9.1/bin', '/ruby/1.9.1/bin/bundle', '/ruby/1.9.1/bin/rackup'].map(
  (path) => `./app/rubygems${path}`,
);
const python = ['./.pip', './.pip/pip.conf', './python', './python/bin', './python/bin/gunicorn'];
const django = [...python, './python/bin/gunicorn_django'];

const java = { name: 'java', executable: 'java', version: '1.6' };
const erlang = { name: 'erlangR14B02', executable: 'erl', version: 'R14B02' };
const web = { 'WEB-INF/web.xml': '<web-app/>' };
const tomcat = ['./tomcat/bin/setenv.sh', './tomcat/conf/catalina.properties', './tomcat/conf/context.xml'].concat(
  ['logging.properties', 'server.xml', 'web.xml'].map((name) => `./tomcat/conf/${name}`),
);
const dropletYaml = { 'droplet.yaml': 'droplet.yaml' };
const gunicorn = { 'gunicorn.config': 'gunicorn.config' };

/** Name of the recording → the app it was made of. */
export const cases: Readonly<Record<string, Case>> = {
  java_web: { framework: 'java_web', runtime: java, source: web, extra: tomcat, recorded: dropletYaml },
  spring: { framework: 'spring', runtime: java, source: web, extra: tomcat, recorded: dropletYaml },
  grails: { framework: 'grails', runtime: java, source: web, extra: tomcat, recorded: dropletYaml },
  lift: {
    framework: 'lift',
    runtime: java,
    source: { 'WEB-INF/web.xml': '<filter-class>net.liftweb.http.LiftFilter</filter-class>' },
    extra: tomcat,
    recorded: dropletYaml,
  },
  play: {
    framework: 'play',
    runtime: java,
    source: {
      'dist/lib/play.play_2.9.1-2.0.jar': '',
      'dist/start': '#!/bin/sh\nexec java play.core.server.NettyServer\n',
    },
    recorded: { app_start: 'app/start' },
  },
  otp: {
    framework: 'otp_rebar',
    runtime: erlang,
    source: {
      'bin/myapp': '',
      'erts-5.8.3/bin/erl': '',
      'etc/vm.args': '-name myapp@127.0.0.1\n+K true\n',
      'lib/stdlib-1.17.3/ebin/': '',
      'releases/1/myapp.rel': '{release}',
      'releases/start_erl.data': '5.8.3 1\n',
    },
    recorded: { 'app_etc_vm.args': 'app/etc/vm.args' },
  },
  node_auto: {
    framework: 'node',
    runtime: node,
    source: { 'server.js': ';' },
    recorded: { 'app_autoconfig.js.txt': 'app/autoconfig.js' },
  },
  sinatra: { framework: 'sinatra', runtime: ruby19, source: { 'app.rb': "require 'sinatra'\n" }, extra: ubygems },
  sinatra_bundler: {
    framework: 'sinatra',
    runtime: ruby19,
    source: { 'app.rb': "require 'sinatra'\n", ...gems },
    extra: bundled,
  },
  rack: { framework: 'rack', runtime: ruby19, source: { 'config.ru': '' }, extra: ubygems },
  rack_bundler: { framework: 'rack', runtime: ruby19, source: { 'config.ru': '', ...gems }, extra: bundled },
  node: { framework: 'node', runtime: node, source: { 'server.js': ';', ...noAutoconfig } },
  node_pkg: {
    framework: 'node',
    runtime: node,
    source: { 'package.json': '{"scripts": {"start": "node x.js --flag"}}', 'x.js': ';', ...noAutoconfig },
  },
  php: { framework: 'php', runtime: { name: 'php' }, source: { 'index.php': '' }, extra: ['./apache/start.sh'] },
  wsgi: { framework: 'wsgi', runtime: python2, source: { 'wsgi.py': '' }, extra: python, recorded: gunicorn },
  wsgi_req: {
    framework: 'wsgi',
    runtime: python2,
    source: { 'wsgi.py': '', 'requirements.txt': '' },
    extra: python,
    recorded: gunicorn,
  },
  django: {
    framework: 'django',
    runtime: python2,
    source: { 'manage.py': '' },
    extra: django,
    recorded: gunicorn,
  },
  django_req: {
    framework: 'django',
    runtime: python2,
    source: { 'manage.py': '', 'requirements.txt': '' },
    extra: django,
    recorded: gunicorn,
  },
  standalone_java: {
    framework: 'standalone',
    runtime: { name: 'java' },
    source: { 'a.jar': '' },
    command: 'java $JAVA_OPTS -jar a.jar',
  },
  standalone_node: { framework: 'standalone', runtime: node, source: { 'a.js': '' }, command: 'node a.js' },
  standalone_python: { framework: 'standalone', runtime: python2, source: { 'a.py': '' }, command: 'python a.py' },
  standalone_ruby: {
    framework: 'standalone',
    runtime: ruby19,
    source: { 'a.rb': '' },
    command: 'ruby a.rb',
    extra: ubygems,
  },
  standalone_ruby_bundler: {
    framework: 'standalone',
    runtime: ruby19,
    source: { 'a.rb': '', ...gems },
    command: 'bundle exec ruby a.rb',
    extra: bundled,
  },
};

/** What was bundled with the originals, as a machine may have it. */
export const machineFiles: AppSource = {
  'tomcat/bin/catalina.sh': '',
  'tomcat/lib/': '',
  'tomcat/conf/catalina.properties': '',
  'tomcat/conf/context.xml': '',
  'tomcat/conf/logging.properties': '',
  'tomcat/conf/tomcat-users.xml': '',
  'tomcat/conf/web.xml': '',
  'erlang/bin/erl': '',
  'erlang/erts-5.8.3/': '',
  'erlang/lib/stdlib-1.17.3/': '',
  'cache/auto-reconfiguration-0.6.5.jar': '',
  'cache/node_modules/cf-autoconfig/': '',
};
