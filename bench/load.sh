#!/usr/bin/env bash
# Loads the driver with many calls at a time and looks at what they leave behind; measures
# what a call costs, in a pool of many images and over a long wire too. On a cluster of its
# own; figures go into load.md beside this script. Exit status 1 when a call failed, something
# was left behind, or a floor was missed.
#   --minutes N      how long each storm lasts (10)
#   --quick          one minute, fewer rounds; load.md stays as it is
#   --parts "P…"     of hyper, host, cost, pools, wire; load.md stays as it is
#   --volumes N, --at-once N, --seconds N: of the storms (110, 32)
set -euo pipefail
umask 077

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=deploy/lib/common.sh
. "$root/deploy/lib/common.sh"
# shellcheck source=bench/figures.sh
. "$root/bench/figures.sh"
# shellcheck source=bench/load/place.sh
. "$root/bench/load/place.sh"
# shellcheck source=bench/load/leaks.sh
. "$root/bench/load/leaks.sh"
# shellcheck source=bench/load/storms.sh
. "$root/bench/load/storms.sh"
# shellcheck source=bench/load/pools.sh
. "$root/bench/load/pools.sh"
# shellcheck source=bench/load/wire.sh
. "$root/bench/load/wire.sh"
lab=$root/deploy/lab/lab.sh
uml=$root/deploy/lab/uml/uml.sh

volumes=110 at_once=32 seconds=600 alone=60 rounds=21 host_rounds=7 pool_rounds=41 wire_rounds=11
parts='hyper host cost pools wire'
records=1
while (($# > 0)); do
  [[ $1 == --quick ]] || need_value "$1" $#
  case $1 in
    --quick) seconds=60 alone=10 rounds=5 host_rounds=2 pool_rounds=15 wire_rounds=3 records= ;;
    --minutes)
      seconds=$(($2 * 60))
      shift
      ;;
    --seconds) seconds=$2 alone=$(($2 / 4)) && shift ;;
    --parts) parts=$2 records= && shift ;;
    --volumes) volumes=$2 && shift ;;
    --at-once) at_once=$2 && shift ;;
    *) die "the option $1 is unknown; see the head of bench/load.sh" ;;
  esac
  shift
done
((EUID == 0)) || die 'only root can mount'
binary=${CEPHRBD_BINARY:-$root/artifacts/linux-$(uname -m | sed 's/x86_64/x64/; s/aarch64/arm64/')/cephrbd}
[[ -x $binary ]] || die "there is no driver at $binary: ./build.sh publish makes it"

unset CEPH_CONF CEPH_ARGS CEPH_KEYRING
tmp=$(mktemp -d /tmp/cephrbd-load-XXXXXX)
place=$tmp/place node=$tmp/node
program=$place/cephrbd entity=client.cephrbd
# What calls leave is looked for here.
pods=$node/pods run_dir=$node/run staging=/mnt/staging scratch=$node/scratch log=$node/log/cephrbd.log log_max=1048576
net=cephrbd-test-load-$$ net_far=cephrbd-test-far-$$
cluster_address=172.16.4.101 guest_address=172.16.4.102 far_address=172.16.4.103
# Of a call in a guest, in seconds: so much the driver may take there, where a machine that is shared is
# slow; and so much, at most, 99 of 100 calls. kubelet waits for a mount for two minutes.
limit=240 floor_host=120
# Round trips one after another: what was found, and one more.
declare -A trip_floors=([mount]=38.5 [unmount]=22.5)
child='' wire=''

clean_up() {
  local status=$? path
  trap - EXIT INT TERM HUP
  set +e
  if [[ -n $child ]]; then
    kill -TERM "$child" 2>/dev/null
    wait "$child" 2>/dev/null
  fi
  cut_wire
  awk -v d="$tmp/" 'index($5, d) == 1 { print $5 }' /proc/self/mountinfo | sort -r |
    while read -r path; do umount -l "$path"; done
  [[ ! -d $place/lab ]] || "$lab" down --dir "$place/lab"
  "$uml" net down "$net"
  "$uml" net down "$net_far"
  rm -rf --one-file-system "$tmp"
  exit "$status"
}
on_exit clean_up
set -E
# shellcheck disable=SC2154 # the trap's own
trap 'failed=$?; warn "${BASH_SOURCE[0]##*/}, line $LINENO: $BASH_COMMAND ended with status $failed"' ERR

# Waits for a long child in a way that a signal can interrupt. The child is the program itself: a
# function's shell would take the signal that is meant for it.
attended() {
  local status=0
  local -a command=("$@")
  case $1 in
    near) command=(nsenter "--net=/run/netns/$net" -- "${@:2}") ;;
    far) command=(nsenter "--net=/run/netns/$net_far" -- "${@:2}") ;;
  esac
  "${command[@]}" &
  child=$!
  wait "$child" || status=$?
  child=
  return "$status"
}

wants() {
  [[ " $parts " == *" $1 "* ]]
}

# calls_in FILE…: how many calls.
calls_in() {
  cat "$@" | grep -c '^call '
}

section_head() {
  machine
  printf '\nCalls are made as kubelet makes them; times are from the call to its end. Storms: %s volumes of 1 GiB, formatted; %s s.\n' "$volumes" "$seconds"
}

section_hyper() {
  printf '\n### Storm, runtime hyper\n\n'
  storm_table "$tmp/alone.calls" "$tmp/hyper.calls" 60
  printf '\nOf %s calls none failed; each tag was the volume'\''s own, and nothing was left behind.%s\n' \
    "$(calls_in "$tmp"/{format,alone,hyper}.calls)" "$(reserved_yet vol-)"
}

section_host() {
  printf '\n### Storm, runtime host, in a kernel with rbd\n\n'
  storm_table "$place/host-alone.calls" "$place/host.calls" "$floor_host"
  printf '\nOf %s calls none failed; each volume had what was written to it before, and nothing was left behind.%s\n\n' \
    "$(calls_in "$place"/{warm-up,host-alone,host}.calls)" "$(reserved_yet host-)"
  memory_table
  printf '\n### What a call costs, runtime host, in that kernel\n\n'
  cost_table "$place/host-cost.out" 'init=init' 'host-mount=mount of a formatted image' 'host-again=mount again, mounted already' \
    'host-unmount=unmount' 'host-status=status, one volume' 'host-doctor=doctor'
}

section_cost() {
  printf '\n### What a call costs, runtime hyper\n\n'
  cost_table "$tmp/cost.out" 'h-init=init' 'h-blank=mount of an absent image: created and formatted' 'h-mount=mount of a formatted image' \
    'h-again=mount again, the tag there' 'h-unmount=unmount' 'h-status=status, one volume' 'h-doctor=doctor'
}

section_pools() {
  printf '\n### A pool of many images\n\n'
  pools_table
}

section_wire() {
  printf '\n### Round trips\n\n'
  wire_table
}

begun=$(now_ms)
make_place
: >"$tmp/missed"
section_head | tee "$tmp/figures"
for part in hyper host cost pools wire; do
  if wants "$part"; then
    "part_$part"
    "section_$part" | tee -a "$tmp/figures"
  fi
done
printf '\nThe whole took %s minutes.\n' "$((($(now_ms) - begun + 30000) / 60000))" | tee -a "$tmp/figures"
[[ -z $records ]] || write_readme "$root/bench/load.md" "$tmp/figures"
[[ ! -s $tmp/missed ]] || die 'a floor was missed'
step 'no call failed, nothing was left behind, every floor was held'
