/**
 * `bundle`: startup gives it to Ruby as `bundle exec PROGRAM ARGUMENT…`, with GEM_HOME and GEM_PATH pointing at the gems
 * that staging of 2012 put into the droplet. There are none now, so the machine's gems are used, or vendor/bundle.
 */
export const bundleStandIn = `#!/usr/bin/env ruby
ENV.delete('GEM_HOME')
ENV.delete('GEM_PATH')
ENV['BUNDLE_PATH'] ||= 'vendor/bundle' if Dir.exist?('vendor/bundle')
ENV['BUNDLE_WITHOUT'] ||= 'test'
own = File.expand_path(__dir__)
ENV['PATH'] = ENV['PATH'].to_s.split(':').reject { |place| File.expand_path(place) == own }.join(':')

program = ARGV
program = ARGV.drop(1) if ARGV.first == 'exec'
bundler = "begin; load Gem.bin_path('bundler', 'bundle'); rescue Gem::GemNotFoundException; " \\
          "warn 'There is no bundler on this machine, so the Gemfile.lock is not looked at.'; " \\
          "exec(*ARGV.drop(1)); end"
exec(RbConfig.ruby, '-e', bundler, 'exec', *program)
`;

/** `rackup`, which comes with Rack up to version 2 and is a gem of its own since. */
const rackupStandIn = `#!/usr/bin/env ruby
begin
  load Gem.bin_path('rackup', 'rackup')
rescue Gem::GemNotFoundException
  load Gem.bin_path('rack', 'rackup')
end
`;

const programOf = (gem: string, program: string) => `#!/usr/bin/env ruby
load Gem.bin_path('${gem}', '${program}')
`;

/** Programs of gems: those of the machine's, or of the app's vendor/bundle. */
export const gemProgramStandIns = {
  rackup: rackupStandIn,
  rails: programOf('railties', 'rails'),
  rake: programOf('rake', 'rake'),
  thin: programOf('thin', 'thin'),
} as const;
export type GemProgram = keyof typeof gemProgramStandIns;
