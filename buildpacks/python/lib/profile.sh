# Read by the launcher's shell before the app starts.
export PYTHONPATH="$HOME/.python_packages${PYTHONPATH:+:$PYTHONPATH}"
export PATH="$HOME/.python_packages/bin:$PATH"
# What an app prints goes into the log at once, not when a buffer is full.
export PYTHONUNBUFFERED=1
