#!/usr/bin/env bash
# A process that has the device itself open is named, too.
# shellcheck source=tests/CephRbd.LabTests/Kernel/lib.sh
. "$(dirname "$0")/lib.sh"

a=$(pod_dir a)
mount_pod a "$name" size=64Mi
device=$(one_device)
sleep 1000 5<"/dev/$device" &
holder=$!
fail unmount "$a" -- "$holder" sleep "$device" "$name"
kill "$holder"
wait "$holder" || true
unmount_pod a
nothing_left "$name"

# A process that works in the pod's dir holds the mount itself.
mount_pod a "$name"
(cd "$a" && exec sleep 1000) &
holder=$!
sleep 0.3
fail unmount "$a" -- "$holder" sleep "$name"
kill "$holder"
wait "$holder" || true
unmount_pod a
nothing_left "$name"
