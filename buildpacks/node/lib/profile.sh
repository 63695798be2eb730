# Read by the launcher's shell before the app starts.
export PATH="$HOME/node_modules/.bin:$PATH"
export NODE_ENV="${NODE_ENV:-production}"
# `npm start` would look for a newer npm in the network, and write logs into the app's files.
export npm_config_update_notifier=false npm_config_logs_max=0
