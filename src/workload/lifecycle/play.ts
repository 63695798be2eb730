import { ActionableError } from '#ground/errors.ts';
import { javaAutoconfig } from './auto-reconfiguration.ts';
import { memoryMbOf, type Plugin } from './plan.ts';

const mainClass = 'play.core.server.NettyServer';
const bootstrap = 'org.cloudfoundry.reconfiguration.play.Bootstrap';

/** What `play dist` makes, with its own `start`. */
export const play: Plugin = (input) => {
  const start = input.files.text('start');
  if (start === undefined) {
    throw new ActionableError(
      'STAGING_FAILED',
      'A Play app is started by its file `start`, and there is none at its top.',
      'Build it with `play dist` and push the unpacked directory that it makes.',
    );
  }
  const autoconfig = javaAutoconfig(input, 'lib', 'app');
  const text = autoconfig === undefined ? start : start.replaceAll(mainClass, bootstrap);
  const memory = `${memoryMbOf(input.properties)}m`;
  return {
    startup: {
      command: `./start -Xms${memory} -Xmx${memory} -Dhttp.port=$VCAP_APP_PORT -Djava.io.tmpdir=$PWD/tmp $JAVA_OPTS`,
    },
    files: [{ path: 'app/start', text, mode: 0o744, replaces: true }],
    copies: autoconfig ?? [],
  };
};
