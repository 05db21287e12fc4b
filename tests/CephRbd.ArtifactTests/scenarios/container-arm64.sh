#!/usr/bin/env bash
# The image for arm64, its own programs run by QEMU: the same container, the driver for arm64.
set -euo pipefail
# shellcheck source=tests/CephRbd.ArtifactTests/watch.sh
. "$ROOT/tests/CephRbd.ArtifactTests/watch.sh"
# shellcheck source=tests/CephRbd.ArtifactTests/container/image.sh
. "$ROOT/tests/CephRbd.ArtifactTests/container/image.sh"
# shellcheck source=tests/CephRbd.ArtifactTests/container/bundle.sh
. "$ROOT/tests/CephRbd.ArtifactTests/container/bundle.sh"

registry=/proc/sys/fs/binfmt_misc
names=()
clean_up() {
  local name
  delete_containers
  for name in "${names[@]}"; do
    [[ ! -e $registry/$name ]] || printf -- '-1' >"$registry/$name"
  done
}
trap clean_up EXIT
trap 'exit 143' TERM

# emulate NAME PROGRAM: from now on the kernel starts this program, known by its whole header, by
# QEMU, which it opens now, so that it need not be in the container.
emulate() {
  local bytes name=cephrbd-test-$1-$$
  [[ -e $registry/register ]] || mount -t binfmt_misc none "$registry" || fail 'the kernel has no binfmt_misc'
  bytes=$(od -An -v -tx1 -N64 "$2" | tr -d ' \n' | sed 's/../\\x&/g')
  names+=("$name")
  printf ':%s:M::%s::/usr/bin/qemu-aarch64-static:PF' "$name" "$bytes" >"$registry/register" ||
    fail "the kernel does not take QEMU for $2"
}

unpack_archive
plugins=$WORK/plugins
mkdir "$plugins"
new_bundle node arm64 "$plugins"
# QEMU itself wants more memory than the container's limit.
change_config node 'del(.linux.resources.memory)'
emulate busybox "$WORK/node/rootfs/bin/busybox"
emulate flock "$WORK/node/rootfs/bin/flock"

start node
need_log node 'installed /plugins/hyper~cephrbd/cephrbd' 30
need_driver "$plugins" "$ARTIFACTS/linux-arm64/cephrbd"
expect aarch64 inside node /bin/busybox uname -m
within 10 is_ready node || fail 'not ready though the driver is in place'
printf 'an older driver' >"$plugins/hyper~cephrbd/cephrbd"
need_log node 'replaced /plugins/hyper~cephrbd/cephrbd' 20
need_driver "$plugins" "$ARTIFACTS/linux-arm64/cephrbd"
"${runc[@]}" kill node TERM
ended node 2
((status == 0)) || fail "it ended with $status"
