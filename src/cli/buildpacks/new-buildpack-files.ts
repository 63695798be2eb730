interface NewFile {
  readonly path: string;
  readonly text: string;
  readonly mode: number;
}

/** A buildpack which makes a web site of a folder with a text file, short enough to be read and changed. */
export function filesOfNewBuildpack(name: string): readonly NewFile[] {
  const script = (path: string, text: string) => ({ path, text, mode: 0o755 });
  const file = (path: string, text: string) => ({ path, text, mode: 0o644 });
  return [
    script('bin/detect', detect(name)),
    script('bin/supply', supply(name)),
    script('bin/finalize', finalize),
    script('bin/release', release),
    file('server.js', server(name)),
    script('test.sh', test),
    file('README.md', readme(name)),
    file('VERSION', '0.1.0\n'),
    file(`sample-app/${name}.txt`, `Hello from ${name}!\n`),
    file('sample-app/manifest.yml', manifest(name)),
  ];
}

const detect = (name: string) => `#!/usr/bin/env bash
# detect BUILD: is this app one of ours? Exit with 0 and print a name and a version, or exit with 1.
# It is asked for every app that names no buildpack, so it only looks at files.
set -euo pipefail
buildpack=$(cd "$(dirname "\${BASH_SOURCE[0]}")/.." && pwd)
build=$1

[ -f "$build/${name}.txt" ] || exit 1
echo "${name} $(cat "$buildpack/VERSION")"
`;

const supply = (name: string) => `#!/usr/bin/env bash
# supply BUILD CACHE DEPS INDEX: puts what the app needs into DEPS/INDEX, which travels with the app.
# What should not be fetched again the next time goes into CACHE. Other buildpacks may come behind this one.
set -euo pipefail
buildpack=$(cd "$(dirname "\${BASH_SOURCE[0]}")/.." && pwd)
deps=$3 index=$4

echo "-----> A server for ${name}.txt"
cp "$buildpack/server.js" "$deps/$index/server.js"

# Who staged the app, and which program of the machine it needs when it runs.
cat > "$deps/$index/config.yml" <<END
name: ${name}
version: "$(cat "$buildpack/VERSION")"
config: {}
output_metadata:
  runtime: { name: node, constraint: ">=18" }
END
`;

const finalize = `#!/usr/bin/env bash
# finalize BUILD CACHE DEPS INDEX PROFILE_DIR: the last of the buildpacks says how the app starts.
# The app runs elsewhere than it is built: $HOME is its folder then, $DEPS_DIR is DEPS.
set -euo pipefail
deps=$3 index=$4 profile=$5

# Read by the shell that starts the app. \${X:=…} keeps what the user has set.
echo 'export GREETING_COLOR="\${GREETING_COLOR:=black}"' > "$profile/greeting.sh"

cat > "$deps/$index/launch.yml" <<END
processes:
- type: web
  command: node "\\$DEPS_DIR/$index/server.js"
END
`;

const release = `#!/usr/bin/env bash
# release BUILD: how the app starts, for platforms that do not read launch.yml.
printf -- '---\\ndefault_process_types:\\n  web: node "$DEPS_DIR/0/server.js"\\n'
`;

const server = (
  name: string,
) => `// Answers every request with the text of the app. An app listens on $PORT and leaves on SIGTERM.
const { readFileSync } = require('node:fs');
const { createServer } = require('node:http');
const { join } = require('node:path');

const { GREETING_COLOR, HOME, PORT, VCAP_APP_HOST = '0.0.0.0' } = process.env;
const text = readFileSync(join(HOME, '${name}.txt'), 'utf8');
const server = createServer((request, response) => {
  response.setHeader('content-type', 'text/html; charset=utf-8');
  response.end(\`<p style="color: \${GREETING_COLOR}">\${text.trim()}</p>\\n\`);
});
server.listen(Number(PORT), VCAP_APP_HOST, () => console.log(\`Listening on port \${PORT}\`));
process.on('SIGTERM', () => {
  server.close();
  server.closeAllConnections();
});
`;

const test = `#!/usr/bin/env bash
# Checks this buildpack and stages sample-app/ with it; nothing is left behind.
set -euo pipefail
exec localpaas buildpack lint "$(dirname "\${BASH_SOURCE[0]}")" "$@"
`;

const manifest = (name: string) => `applications:
  - name: ${name}-sample
    memory: 64M
    instances: 1
    buildpacks:
      - ${name}
`;

const readme = (name: string) => `# ${name}

A buildpack that makes a web site of a folder with a file \`${name}.txt\`: its text is the page.

| script | is given | does |
| --- | --- | --- |
| \`bin/detect\` | the app | says whether the app has a \`${name}.txt\` |
| \`bin/supply\` | the app, a cache, \`deps\`, its number there | puts the server into \`deps\` |
| \`bin/finalize\` | the same, and \`profile.d\` | says how the app starts |
| \`bin/release\` | the app | says it again, for platforms without \`launch.yml\` |

Settings of an app: \`GREETING_COLOR\`, the color of its text.

    ./test.sh                                    # checks it, and stages sample-app/
    localpaas buildpacks add ${name} .
    localpaas push sample-app
    localpaas buildpacks update ${name}          # after a change; then \`localpaas restage ${name}-sample\`
`;
