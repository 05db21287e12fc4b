#!/usr/bin/env bash
# While one pod of the node has the image read-only, a pod that writes is refused in words;
# the other way round, the reading pod gets a read-only view.
# shellcheck source=tests/CephRbd.LabTests/Kernel/lib.sh
. "$(dirname "$0")/lib.sh"

a=$(pod_dir a) b=$(pod_dir b)
mount_pod a "$name" size=64Mi
write_data "$a"
mount_pod b "$name" access=ro
check_data "$b"
if (: >"$b/new") 2>/dev/null; then
  die 'the reading pod can write'
fi
: >"$a/new"
unmount_pod a
unmount_pod b
nothing_mapped

mount_pod b "$name" access=ro
fail mount "$a" "$(options "$name" pod=a)" -- "$name" 'read-only'
[[ $(mounts_at "$a") == 0 ]] || die 'the refused pod has a mount'
check_data "$b"
unmount_pod b
mount_pod a "$name"
: >"$a/newer"
unmount_pod a
nothing_left "$name"
