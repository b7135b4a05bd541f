#!/bin/sh
# The first process of a node, in namespaces of its own (network, mounts, processes): what it starts and mounts ends with it,
# like on a machine whose power is cut. Usage: node.sh FOLDER NAME ADDRESS BINARIES
set -eu
folder=$1
name=$2
address=$3
binaries=$4

# Places that programs insist on, which nodes on one machine must not share.
mount --make-rprivate /
mount -t proc proc /proc
mount -t tmpfs tmpfs /run
mkdir -p /run/netns "$folder/log" "$folder/cni-state" /var/lib/cni
mount --bind "$folder/log" /var/log
mount --bind "$folder/cni-state" /var/lib/cni

containerd --config "$folder/containerd.toml" >>"$folder/log/containerd.log" 2>&1 &
until ctr --address "$folder/containerd.sock" version >/dev/null 2>&1; do sleep 0.1; done
for image in "$folder"/../images/*.tar; do
  ctr --address "$folder/containerd.sock" --namespace k8s.io images import "$image" \
    >>"$folder/log/images.log" 2>&1
done

"$binaries/kubelet" --config="$folder/kubelet.json" --kubeconfig="$folder/kubelet-access.json" \
  --hostname-override="$name" --node-ip="$address" --root-dir="$folder/kubelet" \
  --cert-dir="$folder/kubelet/pki" --container-runtime=remote \
  --container-runtime-endpoint="unix://$folder/containerd.sock" \
  --volume-plugin-dir="$folder/plugins" --v=2 >>"$folder/log/kubelet.log" 2>&1 &
"$binaries/kube-proxy" --kubeconfig="$folder/proxy-access.json" --hostname-override="$name" \
  --proxy-mode=iptables --cluster-cidr=198.18.0.0/16 --bind-address="$address" \
  --oom-score-adj=0 --healthz-bind-address=127.0.0.1:10256 \
  --metrics-bind-address=127.0.0.1:10249 --conntrack-max-per-core=0 \
  --conntrack-tcp-timeout-established=0 --conntrack-tcp-timeout-close-wait=0 \
  >>"$folder/log/kube-proxy.log" 2>&1 &
# For ever: processes of containers whose parents ended come to the first process, which must ask after each.
while :; do
  wait || true
  sleep 1
done
