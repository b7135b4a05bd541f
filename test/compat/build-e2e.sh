#!/bin/sh
# Owns building etcd's own end-to-end tests from Debian's source tree: a GOPATH with the modules linked as .../v3 and a
# copy of tests/ without the lines by which Debian switched some off. Prints the folder that holds the two programs, which
# are to be run from its tests/e2e: e2e.test as it is, and e2e-ours.test, which believes to test a server of our version.
# Repeated calls are free.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
cache=$("$here/fetch-etcd.sh")
work=$cache/e2e
version=$(sed -n "s/^export const SERVER_VERSION = '\(.*\)';$/\1/p" "$here/../../server/base/version.ts")
if [ -f "$work/complete-$version" ]; then
  echo "$work"
  exit 0
fi

rm -rf "$work"
mkdir -p "$work/gopath/src/go.etcd.io/etcd"
debian=$cache/root/usr/share/gocode/src
# Everything but go.etcd.io/etcd is taken from Debian's tree as it is, through a second GOPATH entry.
for module in api etcdctl etcdutl pkg raft server client tests; do
  cp -R "$debian/go.etcd.io/etcd/$module" "$work/gopath/src/go.etcd.io/etcd/$module"
done
for module in api etcdctl etcdutl pkg raft server client/pkg tests; do
  ln -s . "$work/gopath/src/go.etcd.io/etcd/$module/v3"
done
tests=$work/gopath/src/go.etcd.io/etcd/tests
grep -rl 'Debian-disabled' "$tests" | xargs sed -i '/Debian-disabled/d'

export GOROOT="$cache/root/usr/lib/go-1.24" GO111MODULE=off GOFLAGS=-buildvcs=false CGO_ENABLED=0
export GOPATH="$work/gopath:$cache/root/usr/share/gocode" GOCACHE="$work/gocache"
cd "$tests/v3/e2e"
"$GOROOT/bin/go" test -c -o "$work/e2e.test" . >&2
ours="-X go.etcd.io/etcd/api/v3/version.Version=$version"
"$GOROOT/bin/go" test -c -ldflags "$ours" -o "$work/e2e-ours.test" . >&2
touch "$work/complete-$version"
echo "$work"
