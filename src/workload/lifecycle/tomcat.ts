import { join } from 'node:path';
import { ActionableError } from '#ground/errors.ts';
import { javaAutoconfig } from './auto-reconfiguration.ts';
import { findTomcat } from './machine.ts';
import { type DropletCopy, type DropletPlan, memoryMbOf, type Plugin, type StagingInput } from './plan.ts';
import { generateServerXml, serverXml, setEnvironment, setenv } from './tomcat-files.ts';

const webapp = 'tomcat/webapps/ROOT';

export const javaWeb: Plugin = (input) => webPlan(input, []);

/** Spring and Grails. */
export const spring: Plugin = (input) => webPlan(input, javaAutoconfig(input, 'WEB-INF/lib', webapp) ?? []);

export const lift: Plugin = (input) => {
  const webXml = input.files.text('WEB-INF/web.xml');
  if (webXml !== undefined && !webXml.includes('LiftFilter')) {
    throw new ActionableError(
      'STAGING_FAILED',
      'Web application staging failed: WEB-INF/web.xml has no LiftFilter, which a Lift app is served by.',
      'Add `net.liftweb.http.LiftFilter` as a filter, or stage the app as java_web.',
    );
  }
  return spring(input);
};

/** The app as the root of a Tomcat of its own, a copy of the machine's. */
function webPlan(input: StagingInput, copies: readonly DropletCopy[]): DropletPlan {
  if (!input.files.isFile('WEB-INF/web.xml')) {
    throw new ActionableError(
      'STAGING_FAILED',
      'Web application staging failed: web.xml not found.',
      'Push the .war, or the directory that holds WEB-INF/web.xml. An app that needs no Tomcat runs with `--command`.',
    );
  }
  const memory = `${memoryMbOf(input.properties)}m`;
  return {
    startup: {
      variables: { CATALINA_OPTS: `-Xms${memory} -Xmx${memory} -Djava.io.tmpdir=$PWD/tmp` },
      prepare,
      directory: 'tomcat',
      command: './bin/catalina.sh run',
    },
    appDirectory: webapp,
    copies: [...tomcatOf(input), ...copies],
    files: [
      { path: 'droplet.yaml', text: '---\nstate_file: tomcat.state', mode: 0o644 },
      { path: 'resources/generate_server_xml', text: generateServerXml, mode: 0o644 },
      { path: 'resources/set_environment', text: setEnvironment, mode: 0o644 },
      { path: 'tomcat/conf/server.xml', text: serverXml, mode: 0o644, replaces: true },
      { path: 'tomcat/bin/setenv.sh', text: setenv, mode: 0o644, replaces: true },
    ],
  };
}

const prepare: readonly string[] = [
  'export CATALINA_OPTS="$CATALINA_OPTS `ruby resources/set_environment`"',
  'env > env.log',
  'PORT=-1',
  'while getopts ":p:" opt; do',
  '  case $opt in',
  '    p)',
  '      PORT=$OPTARG',
  '      ;;',
  '  esac',
  'done',
  'if [ $PORT -lt 0 ] ; then',
  '  echo "Missing or invalid port (-p)"',
  '  exit 1',
  'fi',
  'ruby resources/generate_server_xml $PORT',
];

/** What an app needs of a Tomcat's configuration. Its users and its server.xml are the machine's own business. */
const confFiles = ['catalina.properties', 'context.xml', 'logging.properties', 'web.xml'];

/** @throws ActionableError STAGING_FAILED when the machine has none */
function tomcatOf({ env }: StagingInput): DropletCopy[] {
  const tomcat = findTomcat(env);
  if (tomcat === undefined) {
    const asked = env['CATALINA_HOME'];
    throw new ActionableError(
      'STAGING_FAILED',
      asked
        ? `CATALINA_HOME names '${asked}', where there is no complete Tomcat: bin/catalina.sh, lib/ and conf/web.xml.`
        : 'A web app in Java runs in a Tomcat, and there is none on this machine.',
      'Unpack one from https://tomcat.apache.org (9 for apps with javax.servlet, 10 or later for jakarta.servlet), name its directory in CATALINA_HOME and start the stager again.',
    );
  }
  const { home, conf } = tomcat;
  return [
    { from: join(home, 'bin'), to: 'tomcat/bin' },
    { from: join(home, 'lib'), to: 'tomcat/lib' },
    ...confFiles.map((name) => ({ from: join(conf, name), to: `tomcat/conf/${name}` })),
  ];
}
