# A web app in Ruby with Rack, the agreement between Ruby's web servers and web apps: something that can be
# called, takes the request as a hash, and gives back the status, the headers and the body.
require 'json'

INSTANCE = JSON.parse(ENV['VCAP_APPLICATION'] || '{}').fetch('instance_index', 0)

run lambda { |request|
  headers = { 'content-type' => 'text/plain; charset=utf-8' }
  if request['PATH_INFO'] == '/'
    [200, headers, ["Hello from Ruby #{RUBY_VERSION}, instance #{INSTANCE}.\n"]]
  else
    [404, headers, ["There is only / here.\n"]]
  end
}
