#!/usr/bin/env bash
# The chain with kills of attach, mountdevice, unmountdevice and detach after each step.
# shellcheck source=tests/CephRbd.LabTests/Kernel/lib.sh
. "$(dirname "$0")/lib.sh"

configure attach=true nodeName='"node-a"'
plugin=/mnt/plugins/kubernetes.io/flexvolume/hyper/cephrbd/mounts/pv-$name
mkdir -p "$plugin"
volume=$(options "$name" volume="pv-$name" size=64Mi)
succeed attach "$volume" node-a
succeed detach "pv-$name" node-a
lines=0
while killed_after "$lines" attach "$volume" node-a; do
  succeed attach "$volume" node-a
  succeed detach "pv-$name" node-a
  nothing_mapped
  lines=$((lines + 1))
done
node=/dev/$(one_device)
lines=0
while killed_after "$lines" mountdevice "$plugin" "$node" "$volume"; do
  succeed mountdevice "$plugin" "$node" "$volume"
  [[ $(mounts_at "$plugin") == 1 ]] || die "mounted $(mounts_at "$plugin") times"
  succeed unmountdevice "$plugin"
  lines=$((lines + 1))
done

# A killed call's mount comes to its end during the next call: the device is the kernel's alone until then.
succeed unmountdevice "$plugin"
{
  perl -MFcntl -e 'sysopen(my $held, $ARGV[0], O_RDONLY | O_EXCL) or die "$!"; sleep 3' "$node"
  mount "$node" "$plugin" 2>/dev/null || true
} &
late=$!
sleep 1
succeed mountdevice "$plugin" "$node" "$volume"
wait "$late"
[[ $(mounts_at "$plugin") == 1 ]] || die "mounted $(mounts_at "$plugin") times after a late mount"

lines=0
while killed_after "$lines" unmountdevice "$plugin"; do
  succeed unmountdevice "$plugin"
  succeed mountdevice "$plugin" "$node" "$volume"
  lines=$((lines + 1))
done
lines=0
while killed_after "$lines" detach "pv-$name" node-a; do
  succeed detach "pv-$name" node-a
  nothing_mapped
  succeed attach "$volume" node-a
  lines=$((lines + 1))
done
nothing_left "$name"
