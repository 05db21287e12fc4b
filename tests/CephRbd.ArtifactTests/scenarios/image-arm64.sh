#!/usr/bin/env bash
# The arm64 driver in the arm64 root, with arm64 libraries of Ceph and arm64 mkfs, takes a
# volume its whole way. On an x64 machine QEMU runs all that is called there.
set -euo pipefail
umask 022

# shellcheck source=deploy/lib/common.sh
. "$ROOT/deploy/lib/common.sh"
# shellcheck source=tests/CephRbd.ArtifactTests/image/lab.sh
. "$ROOT/tests/CephRbd.ArtifactTests/image/lab.sh"

driver=/usr/libexec/kubernetes/kubelet-plugins/volume/exec/hyper~cephrbd/cephrbd
node=$WORK/node

in_root() {
  timeout 120 chroot "$node" "$@"
}

# The part that runs with arm64 programs at hand and mounts of its own.
if [[ ${1:-} == --emulated ]]; then
  lab_net=$2
  mount --bind "$node" "$node"
  mount -t proc proc "$node/proc"
  mount -t sysfs -o ro sysfs "$node/sys"
  mount -t tmpfs tmpfs "$node/run"
  expect 'machine' aarch64 "$(in_root uname -m)"
  answers init "$(in_root "$driver" init)" '.status == "Success"'
  [[ $(in_root "$driver" version) == *librbd* ]] || die "version: $(in_root "$driver" version)"
  step 'a volume'
  volume_life arm in_root
  image_is arm ext4
  exit
fi

finish() {
  local status=$?
  trap - EXIT INT TERM HUP
  set +e
  lab_down
  exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

mkdir "$node"
tar -xpJf "$(echo "$ARTIFACTS/packages/cephrbd-node_"*_arm64.tar.xz)" -C "$node" --numeric-owner
lab_up
join_cluster "$node"
ip netns exec "$node_net" "$ROOT/deploy/image/emulate.sh" bash "$0" --emulated "$lab_net"
step 'done'
