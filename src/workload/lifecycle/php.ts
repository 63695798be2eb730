import { memoryMbOf, type Plugin } from './plan.ts';
import { killAppAndItsChildren } from './startup-script.ts';

/** Apps are served by PHP's own web server, started by what used to start an Apache. */
export const php: Plugin = ({ properties }) => ({
  startup: {
    prepare: [
      'env > env.log',
      `ruby resources/generate_apache_conf $VCAP_APP_PORT $HOME $VCAP_SERVICES ${memoryMbOf(properties)}m`,
    ],
    directory: 'apache',
    command: 'bash ./start.sh',
  },
  stop: killAppAndItsChildren,
  files: [
    { path: 'apache/start.sh', text: startServer, mode: 0o755 },
    { path: 'resources/generate_apache_conf', text: nothingToGenerate, mode: 0o755 },
  ],
});

const startServer = `#!/bin/bash
# Serves ../app with PHP's own web server, in place of the Apache of 2012.
if ! command -v php > /dev/null; then
  echo "There is no php on this machine. Install it: the package is called php-cli or php." >&2
  exit 127
fi
export PHP_CLI_SERVER_WORKERS="\${PHP_CLI_SERVER_WORKERS:-4}"
# -q: no line for each request, the router has those; errors still go to the log.
exec php -q -d variables_order=EGPCS -d display_errors=0 -d log_errors=1 -d error_log=/dev/stderr \\
  -S "\${VCAP_APP_HOST:-127.0.0.1}:$VCAP_APP_PORT" -t ../app
`;

const nothingToGenerate = `#!/usr/bin/env ruby
# In 2012 this wrote the configuration of an Apache. apache/start.sh needs none, so there is nothing to do.
`;
