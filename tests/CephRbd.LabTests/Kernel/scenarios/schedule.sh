#!/usr/bin/env bash
# kubelet that is killed and started again: mounts and unmounts of three images in four pods'
# dirs in any order, many of them killed, some repeated. Each call that is let run succeeds, the
# data is whole, and at the end nothing is left.
# shellcheck source=tests/CephRbd.LabTests/Kernel/lib.sh
. "$(dirname "$0")/lib.sh"

steps=15
[[ ! -e $share/rounds ]] || steps=$(<"$share/rounds")
RANDOM=7
pods_of=(a b c d)
image_of=("$name-1" "$name-2" "$name-3" "$name-1")

for i in 0 1 2; do
  mount_pod "${pods_of[i]}" "${image_of[i]}" size=64Mi
  write_data "$(pod_dir "${pods_of[i]}")"
done

kills=0
for ((step = 0; step < steps; step++)); do
  i=$((RANDOM % 4))
  pod=${pods_of[i]}
  dir=$(pod_dir "$pod")
  volume=$(options "${image_of[i]}" volume=data pod="$pod")
  moment=0.$(printf '%03d' $((RANDOM % 700)))
  case $((RANDOM % 6)) in
    0 | 1)
      succeed mount "$dir" "$volume"
      [[ $(mounts_at "$dir") == 1 ]] || die "step $step: $dir is mounted $(mounts_at "$dir") times"
      check_data "$dir"
      ;;
    2)
      unmount_pod "$pod"
      [[ $(mounts_at "$dir") == 0 ]] || die "step $step: $dir is still mounted"
      ;;
    3 | 4)
      if killed_at "$moment" mount "$dir" "$volume"; then kills=$((kills + 1)); fi
      ;;
    5)
      if killed_at "$moment" unmount "$dir"; then kills=$((kills + 1)); fi
      ;;
  esac
  if ((RANDOM % 3 == 0)); then
    succeed mount "$dir" "$volume"
    check_data "$dir"
  fi
done
for pod in "${pods_of[@]}"; do
  unmount_pod "$pod"
done
printf '%s steps, %s kills\n' "$steps" "$kills"
nothing_left "${image_of[@]:0:3}"
[[ -z $(losetup -a) ]] || die "loop devices are left: $(losetup -a)"
