#!/usr/bin/env bash
# The root of a compute node that boots: Debian (base.sh), the package cephrbd installed
# into it, and the overlay's config and drop-in. No kernel, no keys, no machine id.
set -euo pipefail
umask 022

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
# shellcheck source=deploy/lib/common.sh
. "$here/../lib/common.sh"
# shellcheck source=deploy/image/lib.sh
. "$here/lib.sh"

usage() {
  cat <<TEXT
usage: rootfs.sh ARCH OUT.tar.xz [--plugin-dir DIR] [--config FILE]

Makes OUT.tar.xz from Debian 12 and artifacts/packages/cephrbd_*_ARCH.deb.
ARCH is amd64 or arm64.

$image_options
TEXT
}

# in_root COMMAND…: in the new root, with a /proc of its own, so that nothing there takes
# this machine's processes for the node's.
in_root() {
  local -a run=()
  [[ $(dpkg --print-architecture) == "$arch" ]] || run=("$here/emulate.sh")
  limited 300 "${run[@]}" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 \
    DEBIAN_FRONTEND=noninteractive SOURCE_DATE_EPOCH="$SOURCE_DATE_EPOCH" \
    unshare --mount --pid --fork --kill-child --root="$work/root" --wd=/ --mount-proc "$@" >&2
}

# What only tells of the making: logs, caches, former versions of files.
tidy() {
  cd "$1"
  rm -rf var/log/dpkg.log var/log/alternatives.log var/log/apt var/cache/ldconfig/aux-cache \
    var/cache/debconf/*-old var/lib/dpkg/*-old etc/*- run/* tmp/*
  : >etc/machine-id
}

case ${1:-} in
  -h | --help)
    usage
    exit
    ;;
esac
read_options "$@"
deb=$(find_deb)
work_dir "$(dirname "$out")" "rootfs-$arch"

"$here/overlay.sh" "$arch" "$work/overlay.tar.gz" --plugin-dir "$plugin_dir" --config "$config"
limited 3600 "$here/base.sh" "$arch" "$work/root"

step "installing ${deb##*/}"
# First the overlay: the package's own scripts look at /etc/default/cephrbd.
tar -xpzf "$work/overlay.tar.gz" -C "$work/root" --numeric-owner --keep-directory-symlink
cp "$deb" "$work/root/tmp/cephrbd.deb"
in_root dpkg --force-unsafe-io --force-confold -i /tmp/cephrbd.deb ||
  die "${deb##*/} could not be installed into the root"
(tidy "$work/root")

step "packing the root for $arch"
pack "$work/root" . >"$work/rootfs.tar"
limited 600 xz -T2 -1 "$work/rootfs.tar" || die "the root for $arch could not be packed"
mv "$work/rootfs.tar.xz" "$out"
step "$out, $(stat -c %s "$out") bytes"
