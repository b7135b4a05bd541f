#!/bin/sh
# Owns bringing Debian's etcd (client, server, Go, and etcd's own test tree) into a cache folder, without touching the
# system: a private apt state, download only, unpacked with dpkg -x. Prints the folder. Repeated calls are free.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
cache=${ETCD_DEBIAN_CACHE:-$here/../../.cache/etcd-debian}
suite=trixie
packages="etcd-client etcd-server golang-1.24-go golang-etcd-server-dev"

mkdir -p "$cache"
cache=$(CDPATH='' cd -- "$cache" && pwd -P)
if [ -f "$cache/complete" ]; then
  echo "$cache"
  exit 0
fi

apt_dir=$cache/apt
mkdir -p "$apt_dir/state/lists/partial" "$apt_dir/cache/archives/partial" "$cache/root"
: >"$apt_dir/state/status"
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}
echo "deb [signed-by=$keyring] $mirror $suite main" >"$apt_dir/sources.list"
cat >"$apt_dir/apt.conf" <<CONF
Dir::State "$apt_dir/state";
Dir::State::status "$apt_dir/state/status";
Dir::Cache "$apt_dir/cache";
Dir::Etc::SourceList "$apt_dir/sources.list";
Dir::Etc::SourceParts "/dev/null";
APT::Sandbox::User "root";
CONF

apt-get -q -c "$apt_dir/apt.conf" update >&2
# shellcheck disable=SC2086 # a list of words
apt-get -q -c "$apt_dir/apt.conf" install -y --download-only --no-install-recommends $packages >&2
for package in "$apt_dir"/cache/archives/*.deb; do
  dpkg -x "$package" "$cache/root"
done
rm -rf "$apt_dir/cache"
touch "$cache/complete"
echo "$cache"
