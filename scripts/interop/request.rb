# What a script of 2012 does, with the client of 2012: ruby request.rb BUS_URI CC_URL
# It prints what it got as JSON.
require 'json'
require 'nats/client'

bus_uri, cc = ARGV
request = {
  app_id: 'interop',
  download_uri: "#{cc}/download_unstaged_app/interop",
  upload_uri: "#{cc}/upload_droplet/interop/1",
  properties: {
    services: [],
    framework_info: {
      name: 'sinatra',
      runtimes: [{ 'ruby18' => { default: true } }, { 'ruby19' => { default: false } }],
      detection: [{ '*.rb' => "\\s*require[\\s\\(]*['\"]sinatra(/base)?['\"]", 'config/environment.rb' => false }]
    },
    runtime_info: { name: 'ruby19', executable: 'ruby', version: '1.9.3' },
    resources: { memory: 256, disk: 256, fds: 1024 }
  }
}

seen = []
answers = { version: NATS::VERSION, subjects: seen }
finish = lambda do
  # What else was sent arrives before the answer to a PING.
  NATS.flush { NATS.stop }
end

NATS.start(uri: bus_uri) do
  NATS.subscribe('>') { |_message, _reply, subject| seen << subject }
  NATS.request('staging', request.to_json) do |result|
    answers.merge!(JSON.parse(result))
    NATS.request('dea.status') do |status|
      answers[:dea_status] = JSON.parse(status)
      finish.call
    end
  end
end

puts JSON.generate(answers)
