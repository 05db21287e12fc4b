#!/usr/bin/env bash
# "attach": true: the whole chain as kubelets call it that attach by themselves, each call
# twice. detach knows the volume by its name alone.
# shellcheck source=tests/CephRbd.LabTests/Kernel/lib.sh
. "$(dirname "$0")/lib.sh"

configure attach=true nodeName='"node-a"'
succeed init
[[ $(jq -r .capabilities.attach <<<"$reply") == true ]] || die "$reply"
plugin=/mnt/plugins/kubernetes.io/flexvolume/hyper/cephrbd/mounts/pv-$name
mkdir -p "$plugin"
a=$(pod_dir a) b=$(pod_dir b)
volume=$(options "$name" volume="pv-$name" size=64Mi)
for _ in 1 2; do
  succeed attach "$volume" node-a
  node=$device
  [[ $node == "/dev/$(one_device)" ]] || die "$node is told, $(one_device) is mapped"
done
for _ in 1 2; do
  succeed isattached "$volume" node-a
  [[ $(jq -r .attached <<<"$reply") == true ]] || die "$reply"
  succeed waitforattach "$node" "$volume"
  [[ $device == "$node" ]] || die "waitforattach told $device"
done
for _ in 1 2; do
  succeed mountdevice "$plugin" "$node" "$volume"
  [[ $(mounts_at "$plugin") == 1 ]] || die "mounted $(mounts_at "$plugin") times"
done
for dir in "$a" "$b" "$a"; do
  succeed mount "$dir" "$(options "$name" volume="pv-$name" size=64Mi pod=x)"
  [[ $(mounts_at "$dir") == 1 ]] || die "mounted $(mounts_at "$dir") times"
done
write_data "$a"
check_data "$b"
succeed unmount "$a"
succeed unmount "$a"
check_data "$b"
succeed unmount "$b"
[[ /dev/$(one_device) == "$node" && $(mounts_at "$plugin") == 1 ]] || die 'the device went before unmountdevice'
succeed unmountdevice "$plugin"
succeed unmountdevice "$plugin"
[[ $(mounts_at "$plugin") == 0 ]] || die 'unmountdevice left the mount'
succeed detach "pv-$name" node-a
nothing_mapped
succeed detach "pv-$name" node-a
succeed isattached "$volume" node-a
[[ $(jq -r .attached <<<"$reply") == false ]] || die "$reply"
nothing_left "$name"

# The data is there the next time.
succeed attach "$volume" node-a
succeed waitforattach "$device" "$volume"
succeed mountdevice "$plugin" "$device" "$volume"
succeed mount "$a" "$volume"
check_data "$a"
succeed unmount "$a"
succeed unmountdevice "$plugin"
succeed detach "pv-$name"
nothing_left "$name"
