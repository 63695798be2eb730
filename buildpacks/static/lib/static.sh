buildpack_name=static

# start_command IDX: the launcher says where deps is.
start_command() { printf 'node "$DEPS_DIR/%s/server/server.cjs" "$DEPS_DIR/%s/site.json" "$HOME"\n' "$1" "$1"; }
