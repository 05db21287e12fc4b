# shellcheck shell=bash
# How often a call waits for the cluster: its time over wires of several lengths. Needs place.sh
# and figures.sh.
# shellcheck disable=SC2154

# Milliseconds each way.
lengths=(0 1 5 20)

# The wire's two ends: a tap on the cluster's bridge, and one in a network of its own.
lay_wire() {
  ip -n "$net" -batch - <<'IP'
tuntap add dev tap1 mode tap
link set tap1 master br0 up
IP
  ip netns add "$net_far"
  ip -n "$net_far" -batch - <<IP
link set lo up
tuntap add dev tap0 mode tap
addr add $far_address/24 dev tap0
link set tap0 up
IP
}

wire_is_up() {
  grep -qx ready "$tmp/wire" && connects >/dev/null 2>&1
}

# connects: how long a TCP connection to the monitor takes, in ms: the median of five.
connects() {
  # shellcheck disable=SC2016 # the inner shell's
  far timeout 5 bash -c 'set -e
    for _ in 1 2 3 4 5; do
      begun=${EPOCHREALTIME/[.,]/}
      exec 3<>"/dev/tcp/$0/6789"
      echo "$((${EPOCHREALTIME/[.,]/} - begun))"
      exec 3<&-
    done' "$cluster_address" | middle
}

# over_wire MILLISECONDS COMMAND…
over_wire() {
  local ms=$1 status=0
  shift
  "$place/delay" "$((ms * 1000))" "$net" tap1 "$net_far" tap0 >"$tmp/wire" &
  wire=$!
  wait_until 10 wire_is_up || die 'the wire between the two networks does not work'
  printf '%s %s\n' "$ms" "$(connects)" >>"$tmp/connects"
  "$@" || status=$?
  cut_wire
  return "$status"
}

cut_wire() {
  [[ -z $wire ]] || { kill -TERM "$wire" 2>/dev/null && wait "$wire"; } || true
  wire=
}

# one_osd_for_all: every object is asked of the same OSD from now on; then how many connections a
# call makes does not depend on where its image's objects lie.
one_osd_for_all() {
  admin ceph osd primary-affinity osd.1 0 2>/dev/null
  admin ceph osd primary-affinity osd.2 0 2>/dev/null
  wait_until 60 all_on_one || die 'osd.0 did not become the first of all placement groups within 60 s: ceph pg ls'
}

all_on_one() {
  [[ $(admin ceph pg ls -f json 2>/dev/null | jq -r '[(.pg_stats // .)[] | select(.acting_primary != 0 or (.state | startswith("active+clean") | not))] | length') == 0 ]]
}

part_wire() {
  local dir=$pods/uid-far/volumes/hyper~cephrbd/data options ms
  step 'a cluster that is farther and farther away'
  mkdir -p "$dir"
  options=$(options far | sed 's/%d/1/g')
  driver_config far.json hyper "$node" 60
  call_spec far-mount far.json mount "$dir" "$options"
  call_spec far-unmount far.json unmount "$dir"
  spec far-bare run "$place/baseline" "$place/lab/ceph.conf" "$entity" "$place/lab/ceph.$entity.keyring" hyper far
  spec far-bare expect 'done'
  sed 's/^run --config$/run --verbose\nrun --config/' "$place/far-mount" >"$place/far-verbose"
  sed 's/^run --config$/run --verbose\nrun --config/' "$place/far-unmount" >"$place/far-verbose-unmount"
  lay_wire
  # The image is made beforehand.
  over_wire 0 run_far 1 /dev/null far-mount far-unmount >/dev/null
  for ms in 0 20; do
    over_wire "$ms" run_far "$wire_rounds" /dev/null far-mount far-unmount >"$tmp/far3-$ms.out"
  done
  one_osd_for_all
  : >"$tmp/connects"
  for ms in "${lengths[@]}"; do
    over_wire "$ms" run_far "$wire_rounds" "$tmp/far-$ms.steps" far-mount far-unmount far-bare far-verbose far-verbose-unmount >"$tmp/far-$ms.out"
  done
}

# run_far ROUNDS STEPS-FILE SPEC…
run_far() {
  local rounds=$1 file=$2
  shift 2
  measure far -n "$rounds" -w 1 -o "$file" "$@"
}

# slope: of lines "round-trip-in-ms time-in-ms", by least squares: how many round trips one after another.
slope() {
  awk '{ n++; x += $1; y += $2; xx += $1 * $1; xy += $1 * $2 } END { printf "%.1f", (n * xy - x * y) / (n * xx - x * x) }'
}

# points NAME: round trip, and the least time of NAME, for each length: what else went on only adds.
points() {
  local ms
  for ms in "${lengths[@]}"; do
    awk -v name="$1" -v rtt="$((2 * ms))" '$1 == name && (!n++ || $2 < least) { least = $2 } END { print rtt, least / 1000 }' "$tmp/far-$ms.out"
  done
}

# spread_trips VERB: round trips with the objects on several OSDs.
spread_trips() {
  local ms
  for ms in 0 20; do
    awk -v name="far-$1" -v rtt="$((2 * ms))" '$1 == name && (!n++ || $2 < least) { least = $2 } END { print rtt, least / 1000 }' "$tmp/far3-$ms.out"
  done | slope
}

wire_table() {
  local each ms trips limit
  printf '| call |'
  printf ' %s ms each way |' "${lengths[@]}"
  printf ' round trips | floor | |\n|---|%s---|---|---|\n' "$(printf -- '---|%.0s' "${lengths[@]}")"
  printf '| a TCP connection |'
  awk '{ printf " %.1f ms |", $2 / 1000 }' "$tmp/connects"
  printf ' 1 | | |\n'
  for each in 'far-mount=mount of a formatted image=mount' 'far-unmount=its unmount=unmount' 'far-bare=the bare C program=bare'; do
    printf '| %s |' "$(cut -d= -f2 <<<"$each")"
    for ms in "${lengths[@]}"; do
      printf ' %s |' "$(ms "$(median "$tmp/far-$ms.out" "${each%%=*}" 2)")"
    done
    trips=$(points "${each%%=*}" | slope)
    limit=${trip_floors[${each##*=}]:-}
    printf ' %s | %s | %s |\n' "$trips" "${limit:+at most $limit}" "${limit:+$(verdict "$trips" "$limit")}"
  done
  printf '\nWith one OSD that is asked for everything. Here an image'\''s objects lie on up to three, and each more has to be connected to: %s round trips of mount, %s of unmount.\n' \
    "$(spread_trips mount)" "$(spread_trips unmount)"
  for each in mount unmount; do
    printf '\nWhere the round trips of %s are:\n\n| step |' "$each"
    printf ' %s ms |' "${lengths[@]}"
    printf ' round trips |\n|---|%s---|\n' "$(printf -- '---|%.0s' "${lengths[@]}")"
    steps_table "$each"
  done
}

# steps_table mount|unmount: the calls of each file are in turn mounts and unmounts.
steps_table() {
  local ms
  local -a files=()
  for ms in "${lengths[@]}"; do
    files+=("$tmp/steps-$1-$ms")
    awk '/^\{"status"/ { print; calls++; next } / ms  / { print }' "$tmp/far-$ms.steps" >"$tmp/all-steps"
    split_calls "$1" <"$tmp/all-steps" >"$tmp/of-verb"
    steps "$tmp/of-verb" | sed -n 's/^| \(.*\) | \([0-9.]*\) ms |$/\1|\2/p' >"$tmp/steps-$1-$ms"
  done
  awk -F'|' -v lengths="${lengths[*]}" '
    BEGIN { n = split(lengths, l, " ") }
    FNR == 1 { file++ }
    { if (!($1 in order)) { order[$1] = ++count; name[count] = $1 } time[$1, file] = $2 }
    END {
      for (i = 1; i <= count; i++) {
        s = name[i]; m = x = y = xx = xy = 0; row = "| " s " |"
        for (f = 1; f <= n; f++) {
          row = row " " time[s, f] " |"
          a = 2 * l[f]; b = time[s, f]; m++; x += a; y += b; xx += a * a; xy += a * b
        }
        printf "%s %.1f |\n", row, (m * xy - x * y) / (m * xx - x * x)
      }
    }' "${files[@]}"
}

# split_calls mount|unmount: the calls that have a step of that verb alone.
split_calls() {
  awk -v verb="$1" '
    { call = call $0 "\n" }
    /^\{"status"/ { if ((call ~ /write the tag/) == (verb == "mount") && call ~ / ms  /) printf "%s", call; call = "" }'
}
