#!/bin/sh
# Owns the network of the nodes, as commands: one bridge on this machine, one network namespace for each node, nothing that
# leads outside. The addresses are of the range for benchmarks (RFC 2544), which no network of this machine should have.
#
#   network.sh bridge | node N COUNT | cut N | heal N | why
set -eu
bridge=etcd-ts0
host=198.18.0.1

case $1 in
bridge)
  ip link add "$bridge" type bridge
  ip address add "$host/24" dev "$bridge"
  ip link set "$bridge" up
  ;;
node)
  space=etcd-ts-node$2
  address=198.18.0.$((10 + $2))
  ip netns add "$space"
  ip link add "etcd-ts-v$2" type veth peer name eth0 netns "$space"
  ip link set "etcd-ts-v$2" master "$bridge" up
  ip -n "$space" link set lo up
  ip -n "$space" address add "$address/24" dev eth0
  ip -n "$space" link set eth0 up
  ip route replace "198.18.$2.0/24" via "$address" dev "$bridge"
  # Rules of kube-proxy turn addresses of Services into others; until then there must be some way for them to go.
  ip -n "$space" route replace 198.19.0.0/16 via "$host"
  other=1
  while [ "$other" -le "$3" ]; do
    [ "$other" = "$2" ] ||
      ip -n "$space" route replace "198.18.$other.0/24" via "198.18.0.$((10 + other))"
    other=$((other + 1))
  done
  nsenter --net="/run/netns/$space" sysctl -qw net.ipv4.ip_forward=1
  # Pods of one node reach each other through Services too. Not everywhere can it be set, and often it is.
  nsenter --net="/run/netns/$space" sysctl -qw net.bridge.bridge-nf-call-iptables=1 || true
  ;;
cut) ip link set "etcd-ts-v$2" down ;;
heal) ip link set "etcd-ts-v$2" up ;;
why) # Prints what this machine lacks for nodes; nothing when it has all.
  [ "$(id -u)" = 0 ] || echo "root, for network namespaces and cgroups"
  for program in containerd ctr runc iptables conntrack ip nsenter unshare setpriv sysctl; do
    command -v "$program" >/dev/null || echo "$program"
  done
  for plugin in bridge host-local portmap loopback; do
    [ -x "/usr/lib/cni/$plugin" ] || echo "/usr/lib/cni/$plugin"
  done
  for controller in cpu cpuacct cpuset memory devices freezer blkio pids; do
    [ -d "/sys/fs/cgroup/$controller" ] || echo "cgroup v1 with the controller $controller"
  done
  unshare --mount --pid --fork true 2>/dev/null || echo "the right to make namespaces (unshare)"
  ;;
esac
