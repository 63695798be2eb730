# What a user does on the machine of machine.sh.
set -eu
cd

for program in node nodejs npm nats-server curl wget ruby python3; do
  ! command -v "$program" || exit 9
done

sh /srv/release/install.sh # a second one, for this user alone: into ~/.local/bin

localpaas up --json >up.out &
until grep -q '"ready"' up.out; do
  kill -0 $!
  sleep 0.1
done
localpaas push /srv/app --name hello
bash -c 'exec 3<>/dev/tcp/127.0.0.1/8080
  printf "GET / HTTP/1.0\r\nHost: hello.localhost:8080\r\n\r\n" >&3
  cat <&3'
localpaas down
wait

.local/bin/localpaas status || echo "status of nothing: $?"
ls .cache/localpaas
