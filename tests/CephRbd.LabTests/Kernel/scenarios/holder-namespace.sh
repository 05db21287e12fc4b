#!/usr/bin/env bash
# A mount that lives on in another mount namespace keeps the device busy: the unmount says
# who holds it, and succeeds once the holder is gone.
# shellcheck source=tests/CephRbd.LabTests/Kernel/lib.sh
. "$(dirname "$0")/lib.sh"

a=$(pod_dir a)
mount_pod a "$name" size=64Mi
write_data "$a"
mapped=$(one_device)
unshare -m --propagation private sleep 1000 &
holder=$!
wait_for_exec() {
  [[ $(tr '\0' ' ' <"/proc/$holder/cmdline") == 'sleep 1000 ' ]]
}
until wait_for_exec; do sleep 0.1; done
fail unmount "$a" -- "$holder" sleep "$mapped" "$name" /mnt/
[[ $(one_device) == "$mapped" ]] || die 'the device is gone under its holder'
fail unmount "$a" -- "$holder" sleep
kill "$holder"
wait "$holder" || true
unmount_pod a
nothing_left "$name"
mount_pod a "$name"
check_data "$a"
unmount_pod a
nothing_left "$name"
