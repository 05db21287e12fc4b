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
usage: make.sh [ARCH]

Makes cephrbd-overlay_VERSION_ARCH.tar.gz and cephrbd-node_VERSION_ARCH.tar.xz in
artifacts/packages, from the Debian packages there. ARCH: amd64 or arm64 (default: all
that this machine can build).
TEXT
}

make_one() {
  local packages=$root/artifacts/packages
  "$here/overlay.sh" "$1" "$packages/cephrbd-overlay_${CEPHRBD_VERSION}_$1.tar.gz"
  "$here/rootfs.sh" "$1" "$packages/cephrbd-node_${CEPHRBD_VERSION}_$1.tar.xz"
}

pids=()
end_all() {
  local status=$? pid
  trap - EXIT INT TERM HUP
  for pid in "${pids[@]}"; do
    # timeout hands it on to all that it started.
    kill -TERM "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
  exit "$status"
}

# Most of a root's making is one program at a time: side by side they take half as long.
make_all() {
  local rid pid failed=0
  trap end_all EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  trap 'exit 129' HUP
  for rid in $(known_rids); do
    case $rid in
      linux-x64) timeout -k 60 5400 "$0" amd64 & ;;
      linux-arm64) timeout -k 60 5400 "$0" arm64 & ;;
      *) die "no image is known for $rid" ;;
    esac
    pids+=($!)
  done
  for pid in "${pids[@]}"; do
    wait "$pid" || failed=1
  done
  pids=()
  ((failed == 0)) || die 'an image could not be made'
}

case ${1:-} in
  '') make_all ;;
  amd64 | arm64) make_one "$1" ;;
  -h | --help) usage ;;
  *)
    usage >&2
    exit 2
    ;;
esac
