#!/bin/sh
# Takes down what a run of the nodes left, however it ended: processes, network, cgroups, files. Twice does no harm.
set -u
folder=${NODES_FOLDER:-${TMPDIR:-/tmp}/etcd-ts-nodes}

# The first process of each node takes all others along, with their mounts.
for file in "$folder"/*.pid; do
  [ -f "$file" ] || continue
  pid=$(cat "$file")
  # The number may be somebody else's by now.
  [ -r "/proc/$pid/cmdline" ] || continue
  if tr '\0' ' ' <"/proc/$pid/cmdline" | grep -q -e "$folder"; then kill -9 "$pid"; fi
done
for space in $(ip netns list 2>/dev/null | awk '/^etcd-ts-node/ { print $1 }'); do
  ip netns delete "$space"
done
# The cables go with the namespaces, but a moment later.
for link in $(ip -brief link 2>/dev/null | grep -o '^etcd-ts[v0-9-]*'); do
  ip link delete "$link" 2>/dev/null
done
for group in /sys/fs/cgroup/*/etcd-ts-node[0-9]*; do
  [ -d "$group" ] || continue
  # A process that was killed leaves its group a moment later.
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    find "$group" -depth -type d -exec rmdir {} + 2>/dev/null
    [ -d "$group" ] || break
    sleep 0.2
  done
done
rm -rf "$folder"
exit 0
