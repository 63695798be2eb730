# What an app prints goes into the log at once, not when a buffer is full.
$stdout.sync = true
$stderr.sync = true
