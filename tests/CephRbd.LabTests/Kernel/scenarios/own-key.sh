#!/usr/bin/env bash
# Pods that bring keys of their own: what another pod has had mounted is shared with a key
# that opens the image, and with no other.
# shellcheck source=tests/CephRbd.LabTests/Kernel/lib.sh
. "$(dirname "$0")/lib.sh"

a=$(pod_dir a)
b=$(pod_dir b)
mount_pod a "$name" size=64Mi
write_data "$a"
wrong=$(admin ceph-authtool --gen-print-key | tr -d '\n' | base64 -w 0)
fail mount "$b" "$(options "$name" volume=data pod=b "kubernetes.io/secret/key=$wrong")" -- "$name" refused
(($(mounts_at "$b") == 0)) || die 'a pod with a wrong key got the volume'
right=$(printf %s "$key" | base64 -w 0)
mount_pod b "$name" "kubernetes.io/secret/key=$right"
check_data "$b"
unmount_pod a
unmount_pod b
nothing_left "$name"
