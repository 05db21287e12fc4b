#!/usr/bin/env bash
# mountOptions reach the mount as they were asked for, nothing is forced on it, and what
# could harm others is refused.
# shellcheck source=tests/CephRbd.LabTests/Kernel/lib.sh
. "$(dirname "$0")/lib.sh"

a=$(pod_dir a)
mount_pod a "$name" size=64Mi
find_mount "$a"
for option in noexec nosuid nodev noatime; do
  [[ ,$mount_options, != *,$option,* ]] || die "$option was forced: $mount_options"
done
unmount_pod a
mount_pod a "$name" mountOptions=noatime,discard,data=writeback,nodev
find_mount "$a"
for option in noatime nodev; do
  [[ ,$mount_options, == *,$option,* ]] || die "$option is missing: $mount_options"
done
for option in discard data=writeback; do
  [[ ,$super_options, == *,$option,* ]] || die "$option is missing: $super_options"
done
unmount_pod a
configure mountOptions='"noatime"'
mount_pod a "$name"
find_mount "$a"
[[ ,$mount_options, == *,noatime,* ]] || die "the config's noatime is missing: $mount_options"
unmount_pod a
for option in bind remount loop; do
  fail mount "$a" "$(options "$name" mountOptions="noatime,$option")" -- "$option" mountOptions
done
fail mount "$a" "$(options "$name" mountOptions=no_such_option_at_all)" -- no_such_option_at_all
nothing_left "$name"
