#!/bin/sh
# Deletes the kind cluster of kind:up with all that is in it.
set -eu
kind delete cluster --name "${KIND_CLUSTER:-etcd-ts}"
