#!/bin/sh
# A short tour on the cluster of kind:up (or on any other: KUBE_CONTEXT): three members, a write, five members, one Pod
# deleted, the write still there; then the scenarios of test/kubernetes that need no power over machines. Needs kubectl.
# Leaves nothing behind.
set -eu
cd "$(dirname -- "$0")/../.."
context=${KUBE_CONTEXT:-kind-${KIND_CLUSTER:-etcd-ts}}
namespace=etcd-ts-tour

kube() { kubectl --context "$context" -n "$namespace" "$@"; }
ready() { kube wait --for=condition=Ready --timeout=300s etcdcluster/main; }
# In any member: the image has no shell, and needs none.
ctl() {
  pod=$(kube get pods -l etcd-ts.io/cluster=main,etcd-ts.io/role=voter -o name | head -n 1)
  kube exec "$pod" -- etcdctl --endpoints=http://main-client:2379 "$@"
}
# The condition may still be the one from before the change.
converged() {
  generation=$(kube get etcdcluster main -o 'jsonpath={.metadata.generation}')
  kube wait --for="jsonpath={.status.observedGeneration}=$generation" --timeout=60s etcdcluster/main
  ready
}

kubectl --context "$context" create namespace "$namespace" --dry-run=client -o yaml |
  kubectl --context "$context" apply -f -
kubeconfig=$(mktemp)
trap 'rm -f "$kubeconfig"; kubectl --context "$context" delete namespace "$namespace" --wait=false' EXIT

kube apply -f manifests/samples/three-members.yaml
converged
ctl put greeting hello
kube scale etcdcluster/main --replicas=5
converged
kube delete --wait=true "$(kube get pods -l etcd-ts.io/cluster=main -o name | head -n 1)"
ready
test "$(ctl get greeting --print-value-only)" = hello
kube get etcdcluster main
# Finalizers need the operator, and claims have no owner: both go before the namespace.
kube delete etcdcluster main --timeout=120s

# The suite goes where the current context leads, so it gets a kubeconfig that has no other.
kubectl --context "$context" config view --minify --flatten --raw >"$kubeconfig"
KUBECONFIG=$kubeconfig npm run --silent test:kubernetes -- scenarios
echo "kind:test passed"
