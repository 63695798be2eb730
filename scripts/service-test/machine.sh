#!/usr/bin/env bash
# A machine with systemd as its process 1, made of the file system of this one: machine.sh DIRECTORY CGROUP PROGRAM…
#
# Each line on standard input boots it once; its disk stays as it is between two boots, in memory, and never reaches this
# machine's. PROGRAM… are NAME=PATH: what is at PATH here is at NAME there, read-only. Ends with standard input.
set -euo pipefail

main() {
  directory=$1 cgroup=$2
  shift 2
  mount --make-rprivate /
  mount -t tmpfs -o mode=755 none "$directory"
  mkdir "$directory"/{disk,work,root}
  root=$directory/root
  mount -t overlay -o "lowerdir=/,upperdir=$directory/disk,workdir=$directory/work" none "$root"
  forget_services
  local booted=''
  while read -r _; do
    boot "$@" &
    booted=$!
    disown
    echo "$booted"
  done
  [[ -z $booted ]] || kill -KILL "$booted" 2>/dev/null || true
}

# What this machine starts at boot is not to be started there, and nothing may reach for its hardware or its kernel.
forget_services() {
  rm -rf "$root"/etc/systemd/{system,user} "$root"/etc/modules-load.d "$root"/var/lib/systemd/linger
  mkdir -p "$root"/etc/systemd/{system,user} "$root"/mnt/before
  local unit
  for unit in systemd-sysctl.service systemd-binfmt.service systemd-modules-load.service systemd-udevd.service \
    systemd-timesyncd.service proc-sys-fs-binfmt_misc.automount getty.target; do
    ln -sf /dev/null "$root/etc/systemd/system/$unit"
  done
  rm -f "$root"/etc/machine-id
  : >"$root"/etc/machine-id
}

boot() {
  mkdir -p "$cgroup"
  echo "$BASHPID" >"$cgroup/cgroup.procs"
  export -f furnish
  # unshare itself has nothing to say that matters.
  exec unshare --mount --pid --net --uts --ipc --cgroup --fork --kill-child \
    bash -euc 'exec 2>&3 3>&-; furnish "$@"' furnish "$root" "$@" 3>&2 2>/dev/null
}

# Mounts what a kernel and a boot loader would have, and becomes systemd.
furnish() {
  local root=$1 program
  shift
  mount -t proc none "$root/proc"
  mount -t tmpfs -o mode=755 none "$root/run"
  mount --bind "$root/proc/sys" "$root/proc/sys"
  mount -o remount,bind,ro "$root/proc/sys"
  mount -t sysfs -o ro none "$root/sys"
  mount -t cgroup2 none "$root/sys/fs/cgroup"
  mount -t tmpfs -o mode=755 none "$root/dev"
  local device
  for device in null zero full random urandom tty; do
    : >"$root/dev/$device"
    mount --bind "/dev/$device" "$root/dev/$device"
  done
  mkdir "$root"/dev/{pts,shm}
  mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 none "$root/dev/pts"
  ln -s pts/ptmx "$root/dev/ptmx"
  ln -s /proc/self/fd "$root/dev/fd"
  mount -t tmpfs -o mode=1777 none "$root/dev/shm"
  mount -t tmpfs -o mode=1777 none "$root/tmp"
  for program in "$@"; do
    mkdir -p "$root$(dirname "${program%%=*}")"
    if [[ -d ${program#*=} ]]; then mkdir -p "$root${program%%=*}"; else : >"$root${program%%=*}"; fi
    mount --bind "${program#*=}" "$root${program%%=*}"
    mount -o remount,bind,ro "$root${program%%=*}"
  done
  hostname localpaas-test
  cd "$root"
  pivot_root . mnt/before
  umount -l /mnt/before
  exec env -i container=localpaas PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd
}

main "$@"
