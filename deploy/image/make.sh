#!/usr/bin/env bash
# The overlay and the root of a compute node for each architecture that this machine builds.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
# shellcheck source=deploy/lib/common.sh
. "$here/../lib/common.sh"
# shellcheck source=deploy/lib/publish.sh
. "$here/../lib/publish.sh"
# shellcheck source=deploy/image/lib.sh
. "$here/lib.sh"

usage() {
  cat <<'TEXT'
usage: make.sh

Makes cephrbd-overlay_VERSION_ARCH.tar.gz and cephrbd-node_VERSION_ARCH.tar.xz in
artifacts/packages, from the Debian packages there.
TEXT
}

# both ARCH: its overlay and its root.
both() {
  local packages=$root/artifacts/packages
  "$here/overlay.sh" "$1" "$packages/cephrbd-overlay_${CEPHRBD_VERSION}_$1.tar.gz"
  "$here/rootfs.sh" "$1" "$packages/cephrbd-node_${CEPHRBD_VERSION}_$1.tar.xz"
}

# Most of a root's making is one program at a time: side by side they take half as long.
make_all() {
  local rid pid failed=0
  local -a pids=()
  for rid in $(known_rids); do
    both "$([[ $rid == linux-arm64 ]] && echo arm64 || echo amd64)" &
    pids+=($!)
  done
  for pid in "${pids[@]}"; do
    wait "$pid" || failed=1
  done
  ((failed == 0)) || die 'an image could not be made'
}

case ${1:-} in
  '') make_all ;;
  -h | --help) usage ;;
  *)
    usage >&2
    exit 2
    ;;
esac
