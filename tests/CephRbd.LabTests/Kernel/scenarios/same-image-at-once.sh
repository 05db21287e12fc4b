#!/usr/bin/env bash
# Many pods that start at once with the same image get one device, and their unmounts at
# once let it go.
# shellcheck source=tests/CephRbd.LabTests/Kernel/lib.sh
. "$(dirname "$0")/lib.sh"

mount_pod 0 "$name" size=64Mi
write_data "$(pod_dir 0)"
unmount_pod 0
for _ in 1 2 3; do
  pids=()
  for n in {1..6}; do
    mount_pod "$n" "$name" &
    pids+=("$!")
  done
  for pid in "${pids[@]}"; do wait "$pid"; done
  one_device >/dev/null
  for n in {1..6}; do
    check_data "$pods/uid-$n/volumes/hyper~cephrbd/data"
  done
  pids=()
  for n in {1..6}; do
    unmount_pod "$n" &
    pids+=("$!")
  done
  for pid in "${pids[@]}"; do wait "$pid"; done
  nothing_mapped
done
nothing_left "$name"
