#!/usr/bin/env bash
# What runs in a kernel with rbd: a storm of runtime host, with a look at what it leaves, and
# what its calls cost. The settings are in the file "settings" beside it; results go to files there.
set -euo pipefail

share=$(cd "$(dirname "$0")" && pwd)
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin CEPHRBD_CONFIG=$share/host.json
unset CEPH_CONF CEPH_ARGS CEPH_KEYRING
volumes='' at_once='' seconds='' alone='' rounds='' limit=''
# shellcheck source=/dev/null
. "$share/settings"
# shellcheck source=bench/load/leaks.sh
. "$share/leaks.sh"
# shellcheck disable=SC2034 # for leaks.sh
pods=/mnt/pods run_dir=/run/cephrbd staging=/mnt/staging scratch=/run/scratch log=/var/log/cephrbd/cephrbd.log program=$share/cephrbd

storm() {
  "$share/storm" -i 'host-%d' -d "$pods/uid-%d/volumes/hyper~cephrbd/data" -o "$share/host.options" -w data -t "$limit" "$@" "$program"
}

# memory: of the kernel's own, in KiB, with what can be given back given back.
memory() {
  sync
  echo 3 >/proc/sys/vm/drop_caches
  awk '$1 == "MemFree:" { free = $2 } $1 == "SUnreclaim:" { slab = $2 } $1 == "SReclaimable:" { cache = $2 }
    $1 == "KernelStack:" { stack = $2 } END { print free, slab, cache, stack }' /proc/meminfo
}

for ((n = 1; n <= volumes; n++)); do
  mkdir -p "$pods/uid-$n/volumes/hyper~cephrbd"
done
mkdir -p "$scratch"
keys=$(kernel_keys)
status=0
# The first calls bring the programs into the guest's memory, and the kernel's caches to their size.
storm -n 8 -k 8 -f -s 0 >"$share/warm-up.calls" || status=1
memory >"$share/memory"
storm -n 10 -k 1 -s "$alone" -r 2 >"$share/host-alone.calls" || status=1
memory >>"$share/memory"
storm -n "$volumes" -k "$at_once" -f -s "$seconds" -r 3 >"$share/host.calls" || status=1
memory >>"$share/memory"
calls=$(cat "$share"/{warm-up,host-alone,host}.calls | grep -c '^call ')
{
  leaks_on_node "$calls" "$keys"
  for device in /sys/bus/rbd/devices/*; do
    [[ ! -e $device ]] || printf 'still mapped: rbd%s (%s)\n' "${device##*/}" "$(<"$device/name")"
  done
} >"$share/leaks"
((status == 0)) || exit 1
# What calls cost, each after the other; the spec files were made outside.
cd "$share"
./spawn -n "$rounds" -w 1 init host-mount host-again host-status host-doctor host-unmount >"$share/host-cost.out"
