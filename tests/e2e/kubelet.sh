#!/usr/bin/env bash
# Builds a kubelet from Debian's source package, once: the program is kept in the user's cache
# and found there by its version. Needs root for the packages that build it, and four minutes.
set -euo pipefail
umask 022

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=deploy/lib/common.sh
. "$root/deploy/lib/common.sh"
# shellcheck source=deploy/lib/packages.sh
. "$root/deploy/lib/packages.sh"

# That of Debian 12, the release that the tests run on.
version=1.20.5+really1.20.2-1.1
answer=v1.20.2
cache=${XDG_CACHE_HOME:-$HOME/.cache}/cephrbd
kubelet=$cache/kubelet-$version/kubelet
stage=

usage() {
  cat <<'TEXT'
usage: kubelet.sh [--cached]

Prints the path of the kubelet that the end-to-end tests run, and builds it first if it is
not cached. With --cached it builds nothing: exit status 1 says that there is none.
TEXT
}

# Seen by what it answers, not by being there.
answers() {
  [[ -x $1 && $(timeout 20 "$1" --version 2>/dev/null) == "Kubernetes $answer" ]]
}

remove_stage() { [[ -z $stage ]] || rm -rf --one-file-system "$stage"; }

# apt with lists of its own, where the machine's Debian sources are sources of source packages.
source_apt() {
  apt-get -qq -o Dir::Etc::SourceList=/dev/null -o "Dir::Etc::SourceParts=$stage/parts" \
    -o "Dir::State::Lists=$stage/lists" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= \
    -o APT::Sandbox::User=root "$@"
}

# The machine's sources, as sources of source packages: one-line and deb822 form. Those of other
# projects have no package of that name, and may not be asked for one.
write_sources() {
  local file
  mkdir -p "$stage"/{parts,lists/partial}
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
    [[ -f $file ]] || continue
    sed -n 's/^deb \(.* bookworm.* main\b.*\)$/deb-src \1/p' "$file" >>"$stage/parts/lines.list"
  done
  for file in /etc/apt/sources.list.d/*.sources; do
    [[ -f $file ]] || continue
    ! grep -q '^Suites:.*\bbookworm\b' "$file" || sed 's/^Types:.*/Types: deb-src/' "$file" >"$stage/parts/${file##*/}"
  done
  [[ -n $(cat "$stage"/parts/*) ]] || die 'none of the sources in /etc/apt is one of Debian 12 (bookworm): add one'
}

fetch() {
  write_sources
  timeout 300 bash -c "$(declare -f source_apt); stage=\$1; source_apt update" fetch "$stage" >&2 ||
    die "apt-get update of the source packages failed"
  # apt checks the signatures of the lists, and the files by the sums in these.
  (cd "$stage" && source_apt --download-only source "kubernetes" >&2) || die 'the source package kubernetes could not be fetched'
  local found
  found=$(sed -n 's/^Version: *//p' "$stage"/kubernetes_*.dsc | head -n 1)
  [[ $found == "$version"* ]] || die "the source package kubernetes is $found here, the tests are made for $version"
  dpkg-source --no-check -x "$stage"/kubernetes_*.dsc "$stage/unpacked" >/dev/null || die "the source package could not be unpacked"
}

compile() {
  local path=$stage/go/src/k8s.io ldflags
  mkdir -p "$path" "$stage/home"
  mv "$stage/unpacked" "$path/kubernetes"
  # It tells the API's version by it; the source package has the commit there.
  ldflags="-s -w -X k8s.io/kubernetes/vendor/k8s.io/component-base/version.gitVersion=$answer"
  (cd "$path/kubernetes" && env -i PATH="/usr/lib/go-1.19/bin:$PATH" HOME="$stage/home" GOPATH="$stage/go" GO111MODULE=off \
    GOFLAGS= GOPROXY=off GOCACHE="$stage/objects" CGO_ENABLED=0 nice go build -trimpath -ldflags "$ldflags" -o "$stage/kubelet" ./cmd/kubelet >&2) ||
    die 'the kubelet could not be compiled'
}

build() {
  need_packages "${packages_kubelet[@]}"
  mkdir -p "$cache"
  exec 9>"$cache/.kubelet.lock"
  flock -w 1200 9 || die "another run holds $cache/.kubelet.lock for too long"
  ! answers "$kubelet" || return 0
  # What killed runs left: nobody else works here while the lock is held.
  rm -rf --one-file-system "$cache"/.kubelet-build.*
  stage=$(mktemp -d "$cache/.kubelet-build.XXXXXX")
  on_exit remove_stage
  step "fetching the source of kubernetes $version"
  fetch
  step 'compiling the kubelet: four minutes'
  compile
  answers "$stage/kubelet" || die "the kubelet that was built does not answer: $("$stage/kubelet" --version 2>&1)"
  mkdir -p "${kubelet%/*}"
  mv -f "$stage/kubelet" "$kubelet"
  step "the kubelet is cached: $kubelet"
}

case ${1:-} in
  --cached) answers "$kubelet" || exit 1 ;;
  '') answers "$kubelet" || build ;;
  *)
    usage >&2
    exit 2
    ;;
esac
printf '%s\n' "$kubelet"
