#!/bin/sh
# Makes the kind cluster of kind-config.yaml, with our image and the operator in it. Needs Docker, kind and kubectl. A second
# call brings the image and the operator up to date.
set -eu
cd "$(dirname -- "$0")/../.."
cluster=${KIND_CLUSTER:-etcd-ts}
context=kind-$cluster

for tool in docker kind kubectl; do
  command -v "$tool" >/dev/null || { echo "kind:up needs $tool" >&2; exit 1; }
done
kind get clusters | grep -qx "$cluster" ||
  kind create cluster --name "$cluster" --config kind-config.yaml --wait 120s

# For the machine's own architecture: the script's default. An archive for another one may lie beside it, with the same tag.
npm run --silent image
architecture=$(node -p "process.arch === 'x64' ? 'amd64' : process.arch")
kind load image-archive --name "$cluster" "dist/image/etcd-ts-$architecture.tar"

kubectl --context "$context" apply --server-side -f manifests/crds -f manifests/operator.yaml
# The tag stays the same when the image changes.
kubectl --context "$context" -n etcd-ts-system rollout restart deployment/etcd-ts-operator
kubectl --context "$context" -n etcd-ts-system rollout status deployment/etcd-ts-operator --timeout=120s
echo "ready: kubectl --context $context apply -f manifests/samples/three-members.yaml"
