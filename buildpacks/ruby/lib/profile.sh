# Read by the launcher's shell before the app starts.
export RACK_ENV="${RACK_ENV:-production}" RAILS_ENV="${RAILS_ENV:-production}"
export RAILS_LOG_TO_STDOUT="${RAILS_LOG_TO_STDOUT:-enabled}" RAILS_SERVE_STATIC_FILES="${RAILS_SERVE_STATIC_FILES:-enabled}"
export RUBYOPT="-r$DEPS_DIR/%index%/sync_output.rb${RUBYOPT:+ $RUBYOPT}"
if [ -f "$HOME/Gemfile" ]; then export BUNDLE_GEMFILE="$HOME/Gemfile"; fi
