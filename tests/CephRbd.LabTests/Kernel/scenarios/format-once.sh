#!/usr/bin/env bash
# The first mount makes the file system; a later one, and one that names no size, leave it.
# shellcheck source=tests/CephRbd.LabTests/Kernel/lib.sh
. "$(dirname "$0")/lib.sh"

mount_pod a "$name" size=64Mi
first=$(uuid_of "/dev/$(one_device)")
unmount_pod a
mount_pod a "$name" size=64Mi
[[ $(uuid_of "/dev/$(one_device)") == "$first" ]] || die 'the second mount formatted the image again'
unmount_pod a
fail mount "$(pod_dir a)" "$(options "$name" fsType=xfs)" -- ext4 xfs
node=$(map "$name")
[[ $(uuid_of "$node") == "$first" ]] || die 'a mount as another file system formatted the image'
unmap "$node"
nothing_left "$name"
