#!/usr/bin/env bash
# Fifty volumes mounted at once, eight calls at a time, and gone again.
# shellcheck source=tests/CephRbd.LabTests/Kernel/lib.sh
. "$(dirname "$0")/lib.sh"

configure timeoutSeconds=100
# at_once FUNCTION: for each of the numbers, eight at a time.
at_once() {
  local n running=0 bad=0
  for n in {1..50}; do
    "$1" "$n" &
    running=$((running + 1))
    if ((running >= 8)); then
      wait -n || bad=1
      running=$((running - 1))
    fi
  done
  while ((running > 0)); do
    wait -n || bad=1
    running=$((running - 1))
  done
  ((bad == 0)) || die "$1 failed"
}
mount_one() {
  mount_pod "$1" "$name-$1" size=16Mi
  printf '%s\n' "$1" >"$(pod_dir "$1")/number"
}
unmount_one() {
  unmount_pod "$1"
}
at_once mount_one
(("$(devices | wc -l)" == 50)) || die "$(devices | wc -l) devices are mapped"
for n in {1..50}; do
  [[ $(<"$pods/uid-$n/volumes/hyper~cephrbd/data/number") == "$n" ]] || die "pod $n has another's volume"
done
at_once unmount_one
nothing_mapped
for n in 1 25 50; do
  mount_pod "$n" "$name-$n"
  [[ $(<"$(pod_dir "$n")/number") == "$n" ]] || die "the data of pod $n is gone"
  unmount_pod "$n"
done
nothing_left "$name-1" "$name-50"
