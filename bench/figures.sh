# shellcheck shell=bash
# From the runs' figures to a table. Needs common.sh, and tmp, binary of run.sh.
# shellcheck disable=SC2154

# median FILE NAME COLUMN: of the lines whose first word is NAME.
median() {
  awk -v name="$2" -v column="$3" '$1 == name { print $column }' "$1" | middle
}

# middle: the median of the numbers on stdin.
middle() {
  sort -n | awk '{ v[NR] = $1 } END { if (NR == 0) exit 1; print (NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2) }'
}

# row WHAT DRIVER OTHER-NAME OTHER RATIO BOUND LIMIT: one line of the table; BOUND is
# "at most" or "at least". Notes a missed floor.
row() {
  local verdict=held
  if [[ $6 == 'at most' ]]; then
    awk -v a="$5" -v b="$7" 'BEGIN { exit !(a + 0 <= b + 0) }' || verdict=MISSED
  else
    awk -v a="$5" -v b="$7" 'BEGIN { exit !(a + 0 >= b + 0) }' || verdict=MISSED
  fi
  [[ $verdict == held ]] || floors_missed=1
  printf '| %s | %s | %s | %s | %s | %s %s | %s |\n' "$1" "$2" "$3" "$4" "$5" "$6" "$7" "$verdict"
}

# ms MICROSECONDS: as milliseconds.
ms() {
  awk -v us="$1" 'BEGIN { printf (us < 100000 ? "%.1f ms" : "%.0f ms"), us / 1000 }'
}

# mib KIBIBYTES
mib() {
  awk -v k="$1" 'BEGIN { printf "%.1f MiB", k / 1024 }'
}

ratio() {
  awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'
}

# steps FILE: the medians of what --verbose told, in order. A step's name may hold the
# image, a folder or a count that differs from run to run.
steps() {
  awk '
    match($0, /^ *[0-9.]+ ms  .*: (done|failed) in [0-9.]+ ms$/) {
      name = $0
      sub(/^ *[0-9.]+ ms  /, "", name)
      time = name
      sub(/: (done|failed) in [0-9.]+ ms$/, "", name)
      sub(/ ms$/, "", time)
      sub(/.* /, "", time)
      gsub(/ (to |from )?\/[^ ]*\/ceph\.conf/, " ceph.conf", name)
      gsub(/ \/[^ ]*/, " the mount dir", name)
      gsub(/ hyper\/[^ ]*/, "", name)
      # The same step may come twice in a call.
      again = seen[name, calls]++
      if (again) name = name " (again)"
      if (!(name in order)) { order[name] = ++count; names[count] = name }
      times[name] = times[name] " " time
    }
    /^\{"status"/ { calls++ }
    END {
      for (i = 1; i <= count; i++) {
        n = split(times[names[i]], v, " ")
        for (a = 2; a <= n; a++) for (b = a; b > 1 && v[b - 1] + 0 > v[b] + 0; b--) { t = v[b]; v[b] = v[b - 1]; v[b - 1] = t }
        median = v[int((n + 1) / 2)]
        sum += median
        printf "| %s | %.1f ms |\n", names[i], median
      }
      printf "| the steps together | %.1f ms |\n", sum
    }' "$1"
}

# beyond WHOSE SIZE: how much longer than with 1 GiB it takes; at least a millisecond.
beyond() {
  awk -v a="$(median "$tmp/guest.out" "$1-$2" 2)" -v b="$(median "$tmp/guest.out" "$1-1Gi" 2)" 'BEGIN { d = a - b; print (d < 1000 ? 1000 : d) }'
}

machine() {
  printf 'Measured on %s cores of %s, Linux %s; Ceph %s with three OSDs that keep their data in memory, on the same cores; all figures of one run, medians of interleaved runs.\n' \
    "$(nproc)" "$(awk -F ': ' '/^model name/ { print $2; exit }' /proc/cpuinfo)" "$(uname -r | cut -d. -f1,2)" \
    "$(ceph --version | awk '{ print $3 }')"
}

# report: prints the figures; fails when a floor is missed.
report() {
  local size name driver other mapped bytes bytes_us
  floors_missed=0
  machine
  printf '\n| what | cephrbd | compared with | its figure | ratio | floor | |\n|---|---|---|---|---|---|---|\n'
  driver=$(median "$tmp/remount.out" remount 2)
  other=$(median "$tmp/remount.out" baseline 2)
  row 'mount of a formatted image, wall time' "$(ms "$driver")" 'a bare C program' "$(ms "$other")" "$(ratio "$driver" "$other")" 'at most' 1.3
  driver=$(median "$tmp/remount.out" remount 3)
  other=$(median "$tmp/remount.out" baseline 3)
  row 'the same, peak memory' "$(mib "$driver")" 'a bare C program' "$(mib "$other")" "$(ratio "$driver" "$other")" 'at most' 1.5
  driver=$(median "$tmp/init.out" init 2)
  other=$(median "$tmp/init.out" true 2)
  row 'init, wall time' "$(ms "$driver")" '/bin/true' "$(ms "$other")" "$(ratio "$driver" "$other")" 'at most' 6
  driver=$(median "$tmp/init.out" init 3)
  row 'init, peak memory' "$(mib "$driver")" '' '' "$(mib "$driver")" 'at most' '12 MiB'
  for size in 1Gi:1.5 100Gi:2.5 1Ti:15; do
    name=${size%:*}
    driver=$(median "$tmp/guest.out" "driver-$name" 2)
    other=$(median "$tmp/guest.out" "original-$name" 2)
    row "first mount of a blank ${name%i}iB image, in a kernel with rbd" "$(ms "$driver")" 'create, map, mkfs, unmap' "$(ms "$other")" \
      "$(ratio "$other" "$driver")" 'at least' "${size#*:}"
  done
  for size in 100Gi:6 1Ti:40; do
    name=${size%:*}
    driver=$(beyond driver "$name")
    other=$(beyond original "$name")
    row "what ${name%i}iB add to a first mount of 1 GiB, in that kernel" "$(ms "$driver")" 'create, map, mkfs, unmap' "$(ms "$other")" \
      "$(ratio "$other" "$driver")" 'at least' "${size#*:}"
  done
  driver=$(median "$tmp/growth.out" 1Ti 2)
  other=$(median "$tmp/growth.out" 1Gi 2)
  bytes_us=$(awk '/ us for / { print $1 }' "$tmp/extents.out" | middle)
  row 'first mount of 1 TiB, less what its bytes cost' "$(ms "$driver") − $(ms "$bytes_us")" 'first mount of 1 GiB' "$(ms "$other")" \
    "$(awk -v a="$driver" -v w="$bytes_us" -v b="$other" 'BEGIN { printf "%.2f", (a - w) / b }')" 'at most' 3
  host_rows
  bytes=$(stat -c %s "$binary")
  row 'the binary' "$(mib "$((bytes / 1024))")" '' '' "$(mib "$((bytes / 1024))")" 'at most' '8 MiB'

  printf '\nThe original on images that have an object map (Linux 5.3 and later can map them; no floor):\n\n| image | cephrbd | create, map, mkfs, unmap | ratio |\n|---|---|---|---|\n'
  for name in 1Gi 100Gi 1Ti; do
    driver=$(median "$tmp/guest.out" "driver-$name" 2)
    mapped=$(median "$tmp/guest.out" "mapped-$name" 2)
    printf '| %s | %s | %s | %s |\n' "$name" "$(ms "$driver")" "$(ms "$mapped")" "$(ratio "$mapped" "$driver")"
  done
  printf '\nWhere a mount of a formatted image spends its time (a whole call with --verbose: %s, from exec to exit):\n\n| step | median |\n|---|---|\n' \
    "$(ms "$(median "$tmp/verbose.out" verbose 2)")"
  steps "$tmp/remount.steps"
  printf '\nWhere the first mount of 1 TiB spends its time:\n\n| step | median |\n|---|---|\n'
  steps "$tmp/first.steps"
  for name in mount unmount; do
    printf '\nWhere runtime host spends its time, in that kernel: %s (a whole call with --verbose: %s):\n\n| step | median |\n|---|---|\n' \
      "$name" "$(ms "$(median "$tmp/host.out" "verbose-$name" 2)")"
    steps "$tmp/host-$name.steps"
  done
  return "$floors_missed"
}

# write_readme README FIGURES: puts the figures between the markers.
write_readme() {
  awk -v figures="$2" '
    /^<!-- figures: begin -->$/ { print; print ""; while ((getline line < figures) > 0) print line; print ""; skip = 1 }
    /^<!-- figures: end -->$/ { skip = 0 }
    !skip && !/^<!-- figures: begin -->$/ { print }' "$1" >"$tmp/README.md"
  cat "$tmp/README.md" >"$1"
}
