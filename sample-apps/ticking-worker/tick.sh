# A worker: it listens on no port, it only works. Its log says so every few seconds.
trap 'echo "Asked to leave after $count ticks."; exit 0' TERM

count=0
while true; do
  count=$((count + 1))
  echo "Tick $count."
  # A shell that waits for `sleep` in the foreground hears signals only afterwards.
  sleep "${SECONDS_BETWEEN_TICKS:-2}" &
  wait $!
done
