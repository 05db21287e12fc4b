#!/usr/bin/env bash
# First mounts that are killed while they make the image, its file system, the device and
# the mount: the next calls go on, and what they mount is sound.
# shellcheck source=tests/CephRbd.LabTests/Kernel/lib.sh
. "$(dirname "$0")/lib.sh"

configure timeoutSeconds=100
killed=()
# What the cluster remembers of a dead client it forgets after 30 seconds: of all of them
# in the same 30 seconds.
for ((lines = 1; ; lines += 2)); do
  killed_after "$lines" mount "$(pod_dir "$lines")" "$(options "$name-$lines" volume=data pod="$lines" size=64Mi)" || break
  killed+=("$lines")
done
unmount_pod "$lines"
((${#killed[@]} >= 6)) || die "only ${#killed[@]} kills"
for lines in "${killed[@]}"; do
  mount_pod "$lines" "$name-$lines" size=64Mi
  write_data "$(pod_dir "$lines")"
  unmount_pod "$lines"
done
nothing_mapped
for lines in "${killed[@]}"; do
  node=$(map "$name-$lines")
  e2fsck -fn "$node"
  unmap "$node"
done
nothing_mapped
printf '%s kills\n' "${#killed[@]}"
