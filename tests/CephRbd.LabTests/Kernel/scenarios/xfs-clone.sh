#!/usr/bin/env bash
# A clone of an XFS image has its parent's UUID and is mounted beside it.
# shellcheck source=tests/CephRbd.LabTests/Kernel/lib.sh
. "$(dirname "$0")/lib.sh"

mount_pod a "$name" size=320Mi fsType=xfs
write_data "$(pod_dir a)"
unmount_pod a
admin rbd snap create --no-progress "hyper/$name@s"
admin rbd clone --rbd-default-clone-format 2 "hyper/$name@s" "hyper/$name-clone"
mount_pod a "$name" fsType=xfs
mount_pod b "$name-clone" fsType=xfs
check_data "$(pod_dir b)"
printf 'clone\n' >"$(pod_dir b)/clone"
[[ ! -e $(pod_dir a)/clone ]] || die 'the parent has what the clone got'
unmount_pod a
unmount_pod b
nothing_left "$name" "$name-clone"
