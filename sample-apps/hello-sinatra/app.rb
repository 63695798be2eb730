# A web app in Ruby with Sinatra, classic style: requiring it gives `get`, `post` and `set`, and the
# server starts when this file has been read to its end.
require 'json'
require 'sinatra'

# What the platform knows about this app; the index tells its equal instances apart.
INSTANCE = JSON.parse(ENV['VCAP_APPLICATION'] || '{}').fetch('instance_index', 0)

# In production Sinatra would listen on every network interface of the machine. Behind a router the
# loopback interface is enough.
set :bind, ENV['VCAP_APP_HOST'] || '127.0.0.1'

# Without this line Sinatra takes whichever server is installed, and some wait on SIGTERM until the last
# browser has closed its connection.
set :server, 'webrick'

# The port needs no line: Sinatra takes it from `-p`, which the platform gives on the command line, or
# from PORT. By hand it is 4567.

before { content_type 'text/plain' }

get '/' do
  "Hello from Ruby #{RUBY_VERSION}, instance #{INSTANCE}.\n"
end

get '/hello/:name' do
  "Hello #{params['name']}, this is instance #{INSTANCE}.\n"
end

not_found do
  "There is no #{request.path_info} here. Try / or /hello/you.\n"
end

# Nothing about SIGTERM: Sinatra stops its server on it and lets the process end.
