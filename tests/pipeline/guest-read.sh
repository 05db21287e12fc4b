# shellcheck shell=bash
# shellcheck disable=SC2154 # guest-begin.sh stands before this
# After all that has happened to the cluster: the same file system, with the same data.
mkdir -p /mnt/pod
call mount /mnt/pod '{"volumeID":"vol-host","kubernetes.io/fsType":"ext4"}'
[[ $(sha256sum </mnt/pod/data) == "$(</mnt/pod/sum)" ]]
call unmount /mnt/pod
[[ -z $(ls /sys/bus/rbd/devices) ]]
