# shellcheck shell=bash
# Storms of both runtimes, and what their calls cost. Needs place.sh and what that needs.
# shellcheck disable=SC2154

part_hyper() {
  local calls
  step "runtime hyper: $volumes volumes, $at_once calls at a time, for $seconds s"
  pod_dirs
  # Formats them.
  storm_hyper format.calls -n "$volumes" -k 4 -f -s 0
  storm_hyper alone.calls -n 10 -k 1 -s "$alone" -r 2
  storm_hyper hyper.calls -n "$volumes" -k "$at_once" -f -s "$seconds" -r 3
  calls=$(cat "$tmp"/{format,alone,hyper}.calls | grep -c '^call ')
  {
    leaks_on_node "$calls" "$(kernel_keys)"
    leaks_in_cluster vol- "$volumes" "$tmp"/{format,alone,hyper}.calls
    inherited_descriptors
  } >"$tmp/hyper.leaks"
  no_leaks "$tmp/hyper.leaks" 'the storm of runtime hyper'
}

# What a program that the driver starts inherits: the three streams. The driver itself is given two
# descriptors too many here.
inherited_descriptors() {
  local wrap=$place/wrap reply
  mkdir -p "$wrap"
  cat >"$wrap/mkfs.ext4" <<SH
#!/bin/sh
ls -l /proc/self/fd >$wrap/open
exec /sbin/mkfs.ext4 "\$@"
SH
  chmod +x "$wrap/mkfs.ext4"
  reply=$(PATH=$wrap:$PATH near "$program" --config "$place/hyper.json" attach '{"volumeID":"descriptors","size":"64Mi"}' 7</etc/hostname 8>"$wrap/x" </dev/null 2>&1)
  [[ $reply == '{"status":"Success"'* ]] || printf 'an image could not be formatted: %s\n' "$reply"
  [[ -s $wrap/open ]] || printf 'mkfs was not called\n'
  # The folder is what ls itself reads.
  sed -nE 's/.* ([0-9]+) -> (.*)/mkfs inherited descriptor \1: \2/p' "$wrap/open" | grep -vE 'descriptor [012]:|: /proc/[0-9]+/fd$' || true
}

part_host() {
  step "runtime host: $volumes volumes, $at_once calls at a time, for $seconds s, in a kernel with rbd"
  pod_dirs
  sed -e 's/vol-/host-/' "$place/hyper.options" >"$place/host.options"
  attended near "$place/storm" -n "$volumes" -k 4 -f -s 0 -i 'host-%d' -d "$pods/uid-%d/volumes/hyper~cephrbd/data" \
    -o "$place/host.options" -w tag -t 60 "$program" --config "$place/hyper.json" >"$tmp/host-format.calls"
  host_cost_specs
  cat >"$place/settings" <<SETTINGS
volumes=$volumes at_once=$at_once seconds=$seconds alone=$alone rounds=$host_rounds limit=$limit log_max=$log_max
SETTINGS
  attended "$uml" run --share "$place" --net "$net" --addr "$guest_address/24" --mem 3G --seconds "$((seconds + alone + 900))" || {
    tail -n 40 "$place/output" >&2
    die 'the storm of runtime host failed'
  }
  leaks_in_cluster host- "$volumes" "$tmp/host-format.calls" "$place"/{warm-up,host-alone,host}.calls >>"$place/leaks"
  no_leaks "$place/leaks" 'the storm of runtime host'
}

host_cost_specs() {
  local options
  options=$(sed 's/%d/1/g' "$place/host.options")
  call_spec init host.json init
  call_spec host-mount host.json mount /mnt/pods/uid-1/volumes/hyper~cephrbd/data "$options"
  call_spec host-again host.json mount /mnt/pods/uid-1/volumes/hyper~cephrbd/data "$options"
  person_spec host-status host.json status
  person_spec host-doctor host.json doctor
  call_spec host-unmount host.json unmount /mnt/pods/uid-1/volumes/hyper~cephrbd/data
}

part_cost() {
  local dir=$pods/uid-cost/volumes/hyper~cephrbd/data options
  step 'runtime hyper: what a call costs'
  mkdir -p "$dir"
  options=$(options cost | sed 's/%d/1/g')
  call_spec h-init hyper.json init
  call_spec h-mount hyper.json mount "$dir" "$options"
  call_spec h-again hyper.json mount "$dir" "$options"
  person_spec h-status hyper.json status
  person_spec h-doctor hyper.json doctor
  call_spec h-unmount hyper.json unmount "$dir"
  # The first run formats the image, and does not count.
  measure near -n "$rounds" -w 1 h-init h-mount h-again h-status h-doctor h-unmount >"$tmp/cost.out"
  call_spec h-blank hyper.json mount "$dir" "${options/cost/blank-%d}"
  spec h-blank after "$program" --config "$place/hyper.json" unmount "$dir"
  measure near -n "$rounds" -w 1 h-blank >>"$tmp/cost.out"
}

# phase_figures FILE PHASE VERB: count, median, 99th of a hundred and longest wall time, in ms.
phase_figures() {
  awk -v phase="$2" -v verb="$3" '$1 == "call" && $2 == phase && $3 == verb { print $4 }' "$1" | sort -n |
    awk '{ v[NR] = $1 / 1000 } END { i = int(NR * 0.99 + 0.999999); if (NR > 0) printf "%d %.0f %.0f %.0f\n", NR, v[int((NR + 1) / 2)], v[i], v[NR] }'
}

# calls_per_second FILE PHASE
calls_per_second() {
  awk -v phase="$2" '$1 == "time" && $2 == phase { printf "%.2f", $4 / ($3 / 1000000) }' "$1"
}

# storm_table ALONE STORM TIMEOUT: the rows of both; a floor for each 99th.
storm_table() {
  local verb name count p50 p99 longest alone_rate rate
  printf '| call | one at a time: calls, median, p99 | %s at a time: calls, median, p99, longest | floor: p99 at most | |\n|---|---|---|---|---|\n' "$at_once"
  for verb in mount again unmount; do
    name=${verb/again/mount again, mounted already}
    printf '| %s |' "$name"
    if read -r count p50 p99 _ < <(phase_figures "$1" storm "$verb"); then
      printf ' %s, %s ms, %s ms |' "$count" "$p50" "$p99"
    else
      printf ' none |'
    fi
    if read -r count p50 p99 longest < <(phase_figures "$2" storm "$verb"); then
      printf ' %s, %s ms, %s ms, %s ms | %s s | %s |\n' "$count" "$p50" "$p99" "$longest" "$3" "$(verdict "$p99" "$(($3 * 1000))")"
    elif [[ $verb == again ]]; then
      printf ' none | | |\n'
    else
      die "the storm was too short for a single $verb"
    fi
  done
  alone_rate=$(calls_per_second "$1" storm)
  rate=$(calls_per_second "$2" storm)
  printf '| calls a second | %s | %s | | |\n' "$alone_rate" "$rate"
}

# verdict FIGURE LIMIT: held or MISSED. It notes a missed floor in a file: it may run in a shell of its own.
verdict() {
  if awk -v a="$1" -v b="$2" 'BEGIN { exit !(a + 0 <= b + 0) }'; then
    printf 'held'
  else
    printf 'MISSED'
    echo x >>"$tmp/missed"
  fi
}

# cost_table FILE NAME=WORDS…: medians of processor time and the highest peak of memory.
cost_table() {
  local file=$1 each name
  shift
  printf '| call | wall | user | system | user + system | peak memory |\n|---|---|---|---|---|---|\n'
  for each; do
    name=${each%%=*}
    awk -v name="$name" '$1 == name' "$file" >"$tmp/of-one"
    [[ -s $tmp/of-one ]] || die "there are no figures of $name"
    printf '| %s | %s | %s | %s | %s | %s |\n' "${each#*=}" "$(ms "$(column 2)")" "$(ms "$(column 4)")" "$(ms "$(column 5)")" \
      "$(awk '{ print $4 + $5 }' "$tmp/of-one" | middle | xargs -I{} awk -v us={} 'BEGIN { printf "%.1f ms", us / 1000 }')" \
      "$(mib "$(awk '$3 > m { m = $3 } END { print m }' "$tmp/of-one")")"
  done
}

column() {
  awk -v c="$1" '{ print $c }' "$tmp/of-one" | middle
}

# The kernel's own memory in the guest; a leak would grow with the calls.
memory_table() {
  local when free slab cache stack line=0 calls growth most
  local -a names=('before' 'after the calls one at a time' 'after the storm')
  printf '| memory of the kernel | calls so far | free | slab, not reclaimable | slab, reclaimable | stacks |\n|---|---|---|---|---|---|\n'
  calls=(
    "$(grep -c '^call ' "$place/warm-up.calls")"
    "$(cat "$place"/{warm-up,host-alone}.calls | grep -c '^call ')"
    "$(cat "$place"/{warm-up,host-alone,host}.calls | grep -c '^call ')"
  )
  while read -r free slab cache stack; do
    when=${names[line]}
    printf '| %s | %s | %s | %s | %s | %s |\n' "$when" "${calls[line]}" "$(mib "$free")" "$(mib "$slab")" "$(mib "$cache")" "$(mib "$stack")"
    line=$((line + 1))
  done <"$place/memory"
  # Caches of the kernel grow to the size of what they are used for; a leak grows with the calls.
  growth=$(awk 'NR == 1 { first = $2 } END { print $2 - first }' "$place/memory")
  most=$((2048 + 2 * (calls[2] - calls[0])))
  printf '\nSlab that is not reclaimable grew by %s KiB in %s calls (floor: at most 2048 KiB, and 2 for each call: %s): %s.\n' \
    "$growth" "$((calls[2] - calls[0]))" "$most" "$(verdict "$growth" "$most")"
}
