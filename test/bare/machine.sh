# machine.sh SYSTEM SCRATCH RELEASE APP: a machine in namespaces of its own, with a copy of SYSTEM and nothing else.
# It has a user, a loopback interface and no other, and localpaas installed from the package in RELEASE.
set -eu
system=$1 scratch=$2 release=$3 app=$4
here=$(cd "$(dirname "$0")" && pwd)

mount -t tmpfs none "$scratch"
mkdir "$scratch/changes" "$scratch/work" "$scratch/root"
mount -t overlay -o "lowerdir=$system,upperdir=$scratch/changes,workdir=$scratch/work" none "$scratch/root"
cd "$scratch/root"
mount -t proc proc proc
ip link set lo up

mkdir srv/release srv/app
mount --bind "$release" srv/release
mount --bind "$app" srv/app
cp "$here/user.sh" srv/
chroot . useradd --create-home user
chroot . dpkg --install srv/release/*.deb
exec chroot --userspec=user:user . env -i HOME=/home/user PATH=/usr/bin:/bin sh /srv/user.sh
