#!/bin/sh
# Owns building the program in clientv3/ with Debian's Go and the sources that build-e2e.sh laid out. Prints its path.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
work=$("$here/build-e2e.sh")
cache=$(dirname "$work")
export GOROOT="$cache/root/usr/lib/go-1.24" GO111MODULE=off GOFLAGS=-buildvcs=false CGO_ENABLED=0
export GOPATH="$work/gopath:$cache/root/usr/share/gocode" GOCACHE="$work/gocache"
# Outside of this directory's modules, if it ever gets some.
cd "$work"
"$GOROOT/bin/go" vet "$here/clientv3/main.go" >&2
"$GOROOT/bin/go" build -o "$work/clientv3" "$here/clientv3/main.go" >&2
echo "$work/clientv3"
