buildpack_name=procfile

# No command: the platform takes the processes from the Procfile by itself.
start_command() { :; }
