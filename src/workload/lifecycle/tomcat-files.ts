/** What a droplet holds so that a Tomcat of today does what startup and the DEA expect of the one of 2012. */

/** Port and host come as properties, from setenv.sh; startup has the port written in as well. */
export const serverXml = `<?xml version="1.0" encoding="UTF-8"?>
<Server port="-1">
  <Service name="Catalina">
    <Connector port="\${vcap.app.port}" address="\${vcap.app.host}" protocol="HTTP/1.1" URIEncoding="UTF-8"/>
    <Engine name="Catalina" defaultHost="localhost">
      <Valve className="org.apache.catalina.valves.RemoteIpValve" protocolHeader="X-Forwarded-Proto"/>
      <Host name="localhost" appBase="webapps" unpackWARs="false" autoDeploy="false"/>
    </Engine>
  </Service>
</Server>
`;

export const generateServerXml = `#!/usr/bin/env ruby
# Writes the port, the first argument, into Tomcat's configuration. Where there is no Ruby, tomcat/bin/setenv.sh tells it.
file = 'tomcat/conf/server.xml'
text = File.read(file)
File.write(file, text.sub(/(<Connector port=")[^"]*"/) { "#{$1}#{Integer(ARGV[0])}\\"" })
`;

export const setEnvironment = `#!/usr/bin/env ruby
# Prints the options that tell Java of the proxies in the environment.
require 'uri'

%w[http https].each do |scheme|
  text = ENV["#{scheme}_proxy"].to_s
  next if text.empty?

  proxy = URI.parse(text)
  print "-D#{scheme}.proxyHost=#{proxy.host} -D#{scheme}.proxyPort=#{proxy.port} " if proxy.host
end
`;

/** The listener that wrote tomcat.state was part of the Tomcat of 2012; here it is written once the port answers. */
export const setenv = `# catalina.sh reads this before it starts Java.
vcap_host="\${VCAP_APP_HOST:-127.0.0.1}"
vcap_port="\${VCAP_APP_PORT:-$PORT}"
CATALINA_TMPDIR="$CATALINA_BASE/../tmp"
CATALINA_OPTS="$CATALINA_OPTS -Dvcap.app.port=$vcap_port -Dvcap.app.host=$vcap_host"
mkdir -p "$CATALINA_BASE/logs"

# The DEA reads from this file that the app is up. Who writes it is no child of Java's, which would never collect it.
vcap_state="$CATALINA_BASE/../tomcat.state"
if [ "$1" = run ]; then
  rm -f "$vcap_state"
  (
    while kill -0 $$ 2> /dev/null; do
      if bash -c ": < /dev/tcp/$vcap_host/$vcap_port" 2> /dev/null; then
        echo '{"state":"RUNNING"}' > "$vcap_state.new" && mv "$vcap_state.new" "$vcap_state"
        exit
      fi
      sleep 0.2
    done &
  ) > /dev/null 2>&1
fi
`;
