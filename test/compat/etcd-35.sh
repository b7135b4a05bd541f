#!/bin/sh
# Owns starting our etcd with a command line in the spelling of etcd 3.5, which the end-to-end tests of that release
# pass: renamed flags become those of 3.7, removed switches become feature gates. ETCD_TS_BIN names the launcher.
set -eu

gates=
add_gate() { # name, argument of the old flag
  case $2 in
    *=false) gates=${gates:+$gates,}$1=false ;;
    *) gates=${gates:+$gates,}$1=true ;;
  esac
}

count=$#
while [ "$count" -gt 0 ]; do
  argument=$1
  shift
  count=$((count - 1))
  case $argument in
    --experimental-initial-corrupt-check*) add_gate InitialCorruptCheck "$argument" ;;
    --experimental-compact-hash-check-enabled*) add_gate CompactHashCheck "$argument" ;;
    --experimental-stop-grpc-service-on-defrag*) add_gate StopGRPCServiceOnDefrag "$argument" ;;
    --experimental-enable-lease-checkpoint-persist*) add_gate LeaseCheckpointPersist "$argument" ;;
    --experimental-enable-lease-checkpoint*) add_gate LeaseCheckpoint "$argument" ;;
    --experimental-*) set -- "$@" "--${argument#--experimental-}" ;;
    *) set -- "$@" "$argument" ;;
  esac
done
[ -z "$gates" ] || set -- "$@" "--feature-gates=$gates"

launcher=$ETCD_TS_BIN
unset ETCD_TS_BIN
exec "$launcher" "$@"
