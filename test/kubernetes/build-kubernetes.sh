#!/bin/sh
# Builds Kubernetes 1.20.2 (control plane, what a node runs, kubectl) from Debian bookworm's source package into
# .cache/kubernetes/bin, for machines that reach Debian and nothing else. What is there already is not built again.
# Six minutes of processor time, 1.6 GB below TMPDIR while it builds.
# Needs root for apt, or golang-1.19-go and dpkg-dev in place. KUBEBUILDER_ASSETS spares it, but for the nodes.
set -eu

version='1.20.5+really1.20.2'
root=$(CDPATH='' cd -- "$(dirname "$0")/../.." && pwd -P)
cache=${KUBERNETES_CACHE:-$root/.cache/kubernetes}
# Outside of the repository: Go's old GOPATH layout has its own opinions about what is above it.
work=${KUBERNETES_WORK:-${TMPDIR:-/tmp}/etcd-ts-kubernetes-build}
go_root=/usr/lib/go-1.19
source_dir=$work/gopath/src/k8s.io/kubernetes
mended=$cache/bin/kubelet.mended
mkdir -p "$cache/bin" "$work/download"

install_tools() {
  missing=''
  [ -x "$go_root/bin/go" ] || missing="$missing golang-1.19-go"
  command -v dpkg-source >/dev/null || missing="$missing dpkg-dev"
  [ -z "$missing" ] && return 0
  apt-get update -qq
  # shellcheck disable=SC2086 # a list
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing
}

# With an apt configuration of its own: the machine's may have no deb-src line.
fetch_source() {
  [ -f "$source_dir/.unpacked" ] && return 0
  lists=$work/apt
  mkdir -p "$lists/lists/partial"
  uri=$(apt-get indextargets --format '$(REPO_URI) $(CODENAME)' 'Created-By: Packages' |
    awk '$2 == "bookworm" { print $1; exit }')
  echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $uri bookworm main" \
    >"$lists/sources.list"
  set -- -o "Dir::Etc::sourcelist=$lists/sources.list" -o Dir::Etc::sourceparts=- \
    -o "Dir::State::lists=$lists/lists"
  apt-get "$@" update -qq
  (cd "$work/download" && apt-get "$@" source -qq --download-only kubernetes/bookworm)
  rm -rf "$source_dir"
  mkdir -p "$(dirname "$source_dir")"
  dpkg-source --no-check -x "$work/download/kubernetes_$version"-*.dsc "$source_dir"
  touch "$source_dir/.unpacked"
}

# The vendored reflect2 1.0.1 crashes when it was built by Go 1.18 or later; Debian has 1.0.2.
replace_reflect2() {
  target=$source_dir/vendor/github.com/modern-go/reflect2
  [ -f "$target/go_above_118.go" ] && return 0
  (cd "$work/download" &&
    apt-get download -qq golang-github-modern-go-reflect2-dev &&
    dpkg -x golang-github-modern-go-reflect2-dev_*.deb reflect2)
  rm -rf "$target"
  cp -r "$work/download/reflect2/usr/share/gocode/src/github.com/modern-go/reflect2" "$target"
}

# Built by Go 1.18 or later, the validation of custom resources takes an empty text for null: a comparison of pointers that
# used to be in vain. Later versions of Kubernetes compare with nil only.
mend_empty_texts() {
  for file in vendor/github.com/go-openapi/validate/type.go \
    vendor/k8s.io/kube-openapi/pkg/validation/validate/type.go; do
    sed -i 's/if data == nil || reflect.DeepEqual(reflect.Zero.*{$/if data == nil {/' \
      "$source_dir/$file"
  done
}

# A container that dies is removed at once only if the kubelet has already noticed that nothing runs in its Pod; which of the
# two comes first is chance. Else it stays until the collector's next turn, and a deleted Pod stays with it: up to a minute,
# which is when a member is given up. Later versions of Kubernetes have no such race.
collect_containers_sooner() {
  sed -i 's/^\tContainerGCPeriod = time.Minute$/\tContainerGCPeriod = 5 * time.Second/' \
    "$source_dir/pkg/kubelet/kubelet.go"
  grep -q 'ContainerGCPeriod = 5 \* time.Second' "$source_dir/pkg/kubelet/kubelet.go"
  # A kubelet from before this was here is built again. Removed: the file may be linked from elsewhere.
  [ -f "$mended" ] || rm -f "$cache/bin/kubelet"
}

# The one generated file that the package does not ship.
generate_openapi() {
  output=pkg/generated/openapi/zz_generated.openapi.go
  [ -s "$output" ] && return 0
  go build -o "$work/openapi-gen" ./vendor/k8s.io/kube-openapi/cmd/openapi-gen
  folders=$( (
    grep --color=never -rl --include='*.go' '+k8s:openapi-gen=' pkg cmd plugin
    cd staging/src && grep --color=never -rl --include='*.go' '+k8s:openapi-gen=' k8s.io |
      sed 's,^,vendor/,'
  ) | grep -v -e '^vendor/k8s.io/code-generator/' -e '^vendor/k8s.io/sample-apiserver/' \
    -e /testdata/ -e '_test.go$' -e zz_generated |
    xargs -n1 dirname | LC_ALL=C sort -u | sed 's,^,k8s.io/kubernetes/,' | paste -sd, -)
  "$work/openapi-gen" --logtostderr -i "$folders" -p k8s.io/kubernetes/pkg/generated/openapi \
    -O zz_generated.openapi -h hack/boilerplate/boilerplate.generatego.txt \
    -r "$work/openapi.violations"
}

install_tools
fetch_source
replace_reflect2
mend_empty_texts
collect_containers_sooner
cd "$source_dir"
# Modules are refused by Go 1.19 here ("updates to go.mod needed"), so the old layout it is.
export PATH="$go_root/bin:$PATH" GOPATH="$work/gopath" GOCACHE="$work/gocache" GOTOOLCHAIN=local \
  CGO_ENABLED=0 GOFLAGS='' GO111MODULE=off
unset GOROOT
generate_openapi

flags='-s -w'
for package in k8s.io/kubernetes/vendor/k8s.io/client-go/pkg/version \
  k8s.io/kubernetes/vendor/k8s.io/component-base/version; do
  flags="$flags -X $package.gitVersion=v1.20.2 -X $package.gitMajor=1 -X $package.gitMinor=20"
  flags="$flags -X $package.gitTreeState=clean -X $package.buildDate=1970-01-01T00:00:00Z"
done
for program in kube-apiserver kubectl kube-controller-manager kube-scheduler kubelet kube-proxy; do
  [ -x "$cache/bin/$program" ] && continue
  go build -trimpath -tags providerless,dockerless -ldflags "$flags" -o "$cache/bin/$program" \
    "./cmd/$program"
done
touch "$mended"
ls -l "$cache/bin"
