#!/usr/bin/env bash
# The key, from the node's keyring or from the pod's Secret, is in no argument of any process
# while calls run, in no device's config, not in the kernel's log, and in no file.
# shellcheck source=tests/CephRbd.LabTests/Kernel/lib.sh
. "$(dirname "$0")/lib.sh"

watch_arguments() {
  while [[ ! -e /run/watched ]]; do
    no_arguments_hold_key
  done
}
watch_arguments &
watcher=$!
b=$(pod_dir b)
mount_pod a "$name" size=64Mi
key_nowhere
# As an argument kubelet gives it in base64 once more.
secret="kubernetes.io/secret/key=$(base64 -w 0 <"$share/key")"
mount_pod b "$name-secret" size=64Mi "$secret"
key_nowhere
unmount_pod b
mount_pod b "$name-secret" mapper=nbd "$secret"
key_nowhere
unmount_pod b
admin rbd create --size 64M --image-feature layering,exclusive-lock,journaling "hyper/$name-journal"
fail mount "$b" "$(options "$name-journal" mapper=krbd "$secret")" -- journaling
fail mount "$b" "$(options "$name-none" "$secret")" -- 'does not exist'
unmount_pod a
key_nowhere
: >/run/watched
wait "$watcher"
nothing_left "$name" "$name-secret" "$name-journal"
