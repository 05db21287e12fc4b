#!/usr/bin/env bash
# The folder that the running kubelet looks into: the driver in it, its mode, what else is
# there, the mount it lies on.
# shellcheck source=tests/CephRbd.LabTests/Doctor/node/lib.sh
. "$(dirname "$0")/../lib.sh"

folder=$plugins/hyper~cephrbd
kubelet --v=2
ask
finding plugin-folder ok "$folder/cephrbd" "pid $pid"

# Each fault by itself, put right by its own remedy.
chmod 0775 "$folder/cephrbd"
ask
finding plugin-folder failed 0775 'chmod 0755'
bash -c "$remedy"
chown 1000 "$folder/cephrbd"
ask
finding plugin-folder failed 'uid 1000'
bash -c "$remedy"
chmod 0777 "$folder"
ask
finding plugin-folder failed 0777 'becomes root'
bash -c "$remedy"
cp "$folder/cephrbd" "$folder/cephrbd.bak"
touch "$folder/.hidden"
ask
finding plugin-folder warning cephrbd.bak
bash -c "$remedy"
[[ ! -e $folder/cephrbd.bak && -e /var/lib/cephrbd/cephrbd.bak ]] || die 'the remedy did not move it away'
ask
finding plugin-folder ok

# Another folder by the config file, relative to kubelet's own; the driver is not there, and
# then another program is.
stop "$pid"
mkdir -p /var/lib/kubelet/moved
printf '{"kind": "KubeletConfiguration", "volumePluginDir": "/var/lib/kubelet/moved"}\n' >/var/lib/kubelet/config.json
start /usr/bin/kubelet 'chdir "/var/lib/kubelet"' --config=config.json
# shellcheck disable=SC2016 # to be looked at each time
until_true eval '[[ $(readlink "/proc/$pid/cwd") == /var/lib/kubelet ]]'
ask
finding plugin-folder failed 'there is no /var/lib/kubelet/moved/hyper~cephrbd/cephrbd' 'place.sh put'
mkdir /var/lib/kubelet/moved/hyper~cephrbd
printf '#!/bin/sh\necho cephrbd 0.0.1 of old\n' >/var/lib/kubelet/moved/hyper~cephrbd/cephrbd
chmod 0755 /var/lib/kubelet/moved/hyper~cephrbd/cephrbd
ask
finding plugin-folder warning 'cephrbd 0.0.1 of old' 'another program'
cp "$folder/cephrbd" /var/lib/kubelet/moved/hyper~cephrbd/cephrbd
ask
finding plugin-folder ok

mount --bind /var/lib/kubelet/moved /var/lib/kubelet/moved
mount -o remount,bind,noexec /var/lib/kubelet/moved
ask
finding plugin-folder failed noexec remount,exec
mount -o remount,bind,exec,ro /var/lib/kubelet/moved
ask
finding plugin-folder warning read-only
