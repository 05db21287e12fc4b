#!/usr/bin/env bash
# The driver as files to lay over the root of a compute node: for builders of images that
# take no Debian package, and part of our own image (rootfs.sh).
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
usage: overlay.sh ARCH OUT.tar.gz [--plugin-dir DIR] [--config FILE]

Makes OUT.tar.gz from artifacts/packages/cephrbd_*_ARCH.deb: what the package holds, the
driver in kubelet's plugin folder, its config, and a drop-in for kubelet's unit.
ARCH is amd64 or arm64.

$image_options
TEXT
}

kubelet_unit() {
  cat <<'TEXT'
[Unit]
# At its start kubelet hands the pods of this node to frakti, frakti to hyperd, and hyperd
# to libvirt. Units that a node does not have are no hindrance.
After=libvirtd.service hyperd.service frakti.service
TEXT
  [[ $plugin_dir != "$default_plugin_dir" ]] || return 0
  cat <<TEXT

[Service]
# KUBELET_EXTRA_ARGS in /etc/default/kubelet, if there is one, wins over this.
Environment=KUBELET_EXTRA_ARGS=--volume-plugin-dir=$plugin_dir
TEXT
}

# put FILE: stdin as a file of the overlay.
put() {
  mkdir -p "$(dirname "$work/root/$1")"
  cat >"$work/root/$1"
}

case ${1:-} in
  -h | --help)
    usage
    exit
    ;;
esac
read_options "$@"
deb=$(find_deb)
work_dir "$(dirname "$out")" "overlay-$arch"

dpkg-deb -x "$deb" "$work/root"
"$root/deploy/node/place.sh" put "$work/root/usr/lib/cephrbd/cephrbd" "$work/root$plugin_dir" >/dev/null
put etc/cephrbd/config.json <"$config"
kubelet_unit | put usr/lib/systemd/system/kubelet.service.d/20-cephrbd.conf
if [[ $plugin_dir != "$default_plugin_dir" ]]; then
  put etc/default/cephrbd <<TEXT
# Where the driver is put when the package cephrbd is installed.
PLUGIN_DIRS="$plugin_dir"
TEXT
fi
chown -R 0:0 "$work/root"
# Without an entry for the root itself: that is the node's.
mapfile -t names < <(ls -A "$work/root")
pack "$work/root" "${names[@]}" | gzip -n -9 >"$work/overlay.tar.gz"
mv "$work/overlay.tar.gz" "$out"
step "$out, $(stat -c %s "$out") bytes"
