# Read by the launcher's shell before the app starts, because only then it is known how much memory the instance has.
# Java needs room beside its heap, for classes, threads and compiled code: the smaller the instance, the larger the part.
case "${JAVA_OPTS:-} ${MEMORY_LIMIT:-}" in
  *-Xmx* | *-XX:MaxRAM*) ;; # the app's own choice
  *[0-9][mMgG])
    memory_mb=${MEMORY_LIMIT%[mMgG]}
    case $MEMORY_LIMIT in *[gG]) memory_mb=$((memory_mb * 1024)) ;; esac
    if [ "$memory_mb" -ge 512 ]; then
      heap_mb=$((memory_mb * 3 / 4))
    else
      heap_mb=$((memory_mb / 2))
    fi
    JAVA_OPTS="-Xmx${heap_mb}m${JAVA_OPTS:+ $JAVA_OPTS}"
    # Threads that collect garbage side by side cost more than they bring in a small heap.
    if [ "$heap_mb" -le 512 ]; then JAVA_OPTS="-XX:+UseSerialGC -Xss512k $JAVA_OPTS"; fi
    unset memory_mb heap_mb
    ;;
esac
export JAVA_OPTS="${JAVA_OPTS:-} -Djava.io.tmpdir=${TMPDIR:-/tmp}"
# What Spring Boot reads instead of an option that other programs would not know.
export SERVER_PORT="${SERVER_PORT:-${PORT:-}}"
