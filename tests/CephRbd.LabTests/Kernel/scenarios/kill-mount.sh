#!/usr/bin/env bash
# A mount that is killed, after each of its steps and at any moment: the next mount puts it
# right, the data is whole, and after the unmount nothing is left.
# shellcheck source=tests/CephRbd.LabTests/Kernel/lib.sh
. "$(dirname "$0")/lib.sh"

a=$(pod_dir a)
mount_pod a "$name" size=64Mi
write_data "$a"
unmount_pod a
volume=$(options "$name" pod=a)

kills=0
put_right() {
  kills=$((kills + 1))
  succeed mount "$a" "$volume"
  [[ $(mounts_at "$a") == 1 ]] || die "mounted $(mounts_at "$a") times"
  one_device >/dev/null
  check_data "$a"
  unmount_pod a
  nothing_mapped
}

lines=0
while killed_after "$lines" mount "$a" "$volume"; do
  put_right
  lines=$((lines + 1))
done
unmount_pod a
((lines >= 5)) || die "only $lines steps were told"
for moment in $(moments 0.02 0.1 0.2 0.3 0.4 0.5 0.6 0.7 0.8); do
  killed_at "$moment" mount "$a" "$volume" || true
  put_right
done
printf '%s kills\n' "$kills"
nothing_left "$name"
