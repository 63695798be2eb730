# Read by the launcher's shell before the app starts. PHP's own server answers one visitor at a time unless it is told
# how many processes it may have.
export PHP_CLI_SERVER_WORKERS="${PHP_CLI_SERVER_WORKERS:-4}"
