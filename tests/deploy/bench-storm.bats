#!/usr/bin/env bats
# What bench/load.sh relies on to see a fault: the storm and the look at what is left, before a
# driver that has faults.

load_dir=$BATS_TEST_DIRNAME/../../bench/load

setup_file() {
  work=$(mktemp -d "${BATS_TMPDIR:-/tmp}/cephrbd-storm.XXXXXX")
  export work
  gcc -O2 -Wall -Wextra -Werror -o "$work/storm" "$load_dir/storm.c"
}

teardown_file() { rm -rf "$work"; }

# A driver that does all right, by files: what a mount shows is in the volume's folder. A fault may be
# said in the file "fault"; it is then done once in four calls or so.
setup() {
  dir=$BATS_TEST_TMPDIR
  mkdir -p "$dir/pods" "$dir/volumes"
  printf '{"volumeID":"vol-%%d"}\n' >"$dir/options"
  : >"$dir/fault"
  cat >"$dir/driver" <<SH
#!/bin/bash
number=\${2##*-}
fault=\$(<"$dir/fault")
((RANDOM % 4 == 0)) || fault=
case \$1 in
  mount)
    [[ \$fault == other ]] && number=0
    [[ \$fault == none ]] || echo "{\"volumeID\":\"vol-\$number\"}" >"\$2/hyper-flexvolume.json"
    [[ -e \$2/storm || ! -e $dir/volumes/\$number ]] || cp $dir/volumes/\$number "\$2/storm"
    ;;
  unmount)
    [[ \$fault == lost || ! -e \$2/storm ]] || cp "\$2/storm" $dir/volumes/\$number
    [[ \$fault == stays ]] || rm -f "\$2/hyper-flexvolume.json" "\$2/storm"
    ;;
esac
[[ \$fault != slow ]] || exec sleep 20
[[ \$fault != twice ]] || echo '{"status":"Success"}'
[[ \$fault != failure ]] || { echo '{"status":"Failure","message":"so it is"}'; exit 0; }
echo '{"status":"Success"}'
[[ \$fault != status ]] || exit 3
SH
  chmod +x "$dir/driver"
}

# storm tag|data [FAULT]
storm() {
  printf '%s' "${2:-}" >"$dir/fault"
  status=0
  timeout 60 "$work/storm" -n 12 -k 4 -s 1 -f -i 'vol-%d' -d "$dir/pods/pod-%d" -o "$dir/options" -w "$1" -t 2 "$dir/driver" >"$dir/calls" 2>"$dir/words" || status=$?
  output=$(<"$dir/words")
  echo "$1 ${2:-}: $status: $output"
}

@test "a driver without a fault weathers a storm, and each call is counted" {
  for watch in tag data; do
    storm "$watch"
    [ "$status" -eq 0 ]
    [ -z "$output" ]
    [ "$(grep -c '^call fill mount ' "$dir/calls")" -eq 12 ]
    grep -qE '^call storm (mount|again|unmount) [0-9]+ [0-9]+ [0-9]+ [0-9]+ vol-[0-9]+$' "$dir/calls"
    [ "$(awk '$1 == "time" { sum += $4 } END { print sum }' "$dir/calls")" -eq "$(grep -c '^call ' "$dir/calls")" ]
  done
}

@test "each fault of a driver fails the storm, in words" {
  local -A words=([other]="it is another's" [none]='does not hold the tag' [stays]='its dir is not empty'
    [failure]='so it is' [status]='no Success' [twice]='no Success' [slow]='longer than the limit')
  for fault in "${!words[@]}"; do
    storm tag "$fault"
    [ "$status" -eq 1 ]
    [[ $output == *"${words[$fault]}"* ]]
    rm -f "$dir"/pods/*/*
  done
}

@test "data that is lost fails the storm" {
  storm data lost
  [ "$status" -eq 1 ]
  [[ $output == *"data is lost or another's"* ]]
}

@test "what is left on a node is told, thing by thing" {
  pods=$dir/pods run_dir=$dir/run staging=$dir/staging scratch=$dir/scratch log=$dir/log program=$dir/sleeper log_max=100
  # shellcheck source=bench/load/leaks.sh
  . "$load_dir/leaks.sh"
  mkdir -p "$pods/uid-1/data" "$run_dir/stage" "$run_dir/empty" "$staging" "$scratch"
  : >"$run_dir/calls.lock"
  printf '{"@t":"x"}\n{"@t":"y"}\n' >"$log"
  run leaks_on_node 2 0
  [ "$status" -eq 0 ]
  [ -z "$output" ]

  touch "$pods/uid-1/data/tag" "$run_dir/stage/left" "$scratch/file"
  mkdir "$staging/hyper~~vol1" "$run_dir/stage/folder"
  cp /bin/sleep "$program"
  "$program" 60 3>&- &
  sleeper=$!
  mount -t tmpfs cephrbd "$staging/hyper~~vol1"
  printf '%s\n' "$(head -c 9000 /dev/zero | tr '\0' x)" >>"$log"
  kernel_keys() { echo 1; }
  run leaks_on_node 2 0
  umount "$staging/hyper~~vol1"
  kill "$sleeper"
  for thing in "still mounted: $staging/hyper~~vol1" "dir: $pods/uid-1/data/tag" "left: $run_dir/stage/left" "left: $run_dir/stage/folder" \
    "left: $scratch/file" "left: $staging/hyper~~vol1" "process $sleeper still runs" 'the log has 3 lines of 2 calls' 'no JSON of a call' \
    'more than logMaxBytes' "1 keys of Ceph, and had 0"; do
    echo "$output" | grep -qF -- "$thing" || { echo "not told: $thing; but: $output" && false; }
  done
}
