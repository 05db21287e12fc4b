# shellcheck shell=bash
# The test programs, each under a time limit, and the sum of what they say.
# Needs common.sh, groups.sh, publish.sh, build of build.sh and root, the project's folder.
# shellcheck disable=SC2154

passed=0
failed=0
all_ran=0
beside=
test_logs=()

# The time limit's own process group must not outlive an interrupt.
run_limited() {
  local pid status=0
  timeout -k 10 "$@" &
  pid=$!
  trap 'kill -s TERM "$pid" 2>/dev/null || true' INT TERM HUP
  wait "$pid" || status=$?
  trap - INT TERM HUP
  return "$status"
}

# add_summary NAME LOG STATUS: adds the counts of a runner's summary line. Errors,
# skipped tests and tests not run count as failed; so does a runner that failed
# without naming one, and one that ran nothing.
add_summary() {
  local line bad pattern
  pattern="^ *$1 +Total: ([0-9]+), Errors: ([0-9]+), Failed: ([0-9]+), Skipped: ([0-9]+), Not Run: ([0-9]+),"
  line=$(grep -E "$pattern" "$2" | tail -n 1) || true
  if [[ ! $line =~ $pattern ]]; then
    warn "$1 ended with status $3 and no summary"
    failed=$((failed + 1))
    return
  fi
  bad=$((BASH_REMATCH[3] + BASH_REMATCH[4] + BASH_REMATCH[5]))
  passed=$((passed + BASH_REMATCH[1] - bad))
  bad=$((bad + BASH_REMATCH[2]))
  if ((bad == 0 && ($3 != 0 || BASH_REMATCH[1] == 0))); then
    warn "$1 ended with status $3 after ${BASH_REMATCH[1]} tests"
    bad=1
  fi
  failed=$((failed + bad))
}

# run_tests NAME SECONDS [SUFFIX FILTER…]: all of a test program, or what the filters let
# through; the suffix tells its log from the other's.
run_tests() {
  local name=$1 seconds=$2 log=$root/artifacts/test/$1${3:-}.log status=0
  shift "$(($# < 3 ? $# : 3))"
  mkdir -p "$root/artifacts/test"
  test_logs+=("$log")
  step "$(basename "$log" .log)"
  run_limited "$seconds" "$root/tests/$name/bin/Release/net10.0/$name" -noColor -noLogo "$@" 2>&1 </dev/null |
    tee "$log" || status=$?
  ((status != 124 && status != 137)) || warn "$(basename "$log" .log) ran longer than $seconds seconds"
  add_summary "$name" "$log" "$status"
}

# add_tap LOG STATUS: adds the counts of a run of bats. A skipped test counts as failed, and so does
# each that the plan has and the log has not.
add_tap() {
  local planned good bad
  planned=$(sed -n 's/^1\.\.\([0-9][0-9]*\)$/\1/p' "$1" | head -n 1)
  good=$(grep -cE '^ok [0-9]+ ' "$1") || true
  bad=$(grep -E '^ok [0-9]+ ' "$1" | grep -cE ' # skip( |$)') || true
  good=$((good - bad))
  bad=$((${planned:-0} - good))
  if ((bad <= 0 && ($2 != 0 || good == 0))); then
    warn "bats ended with status $2 after $good tests, see $1"
    bad=1
  fi
  passed=$((passed + good))
  failed=$((failed + bad))
}

# run_bats NAME SECONDS FILE…: tests of the deployment scripts; the name is that of their log.
run_bats() {
  local name=$1 seconds=$2 log=$root/artifacts/test/$1.log status=0
  shift 2
  mkdir -p "$root/artifacts/test"
  test_logs+=("$log")
  step "$name (bats)"
  run_limited "$seconds" bats --tap "$@" 2>&1 </dev/null | tee "$log" || status=$?
  ((status != 124 && status != 137)) || warn "$name ran longer than $seconds seconds"
  add_tap "$log" "$status"
}

# run_pipeline: the nodes' own program; its last line has the counts.
run_pipeline() {
  local log=$root/artifacts/test/pipeline.log status=0 line
  mkdir -p "$root/artifacts/test"
  test_logs+=("$log")
  step 'pipeline'
  run_limited 1200 "$root/tests/pipeline/run.sh" 2>&1 </dev/null | tee "$log" || status=$?
  ((status != 124 && status != 137)) || warn 'the pipeline ran longer than 1200 seconds'
  line=$(tail -n 1 "$log")
  if [[ $line =~ ^pipeline:\ ([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
    passed=$((passed + BASH_REMATCH[1]))
    failed=$((failed + BASH_REMATCH[2] + (status != 0 && BASH_REMATCH[2] == 0)))
  else
    warn "the pipeline ended with status $status and no sum"
    failed=$((failed + 1))
  fi
}

# The tests' temporary folder, where a test program that was killed may have left
# mounts and labs.
remove_test_dir() {
  local found
  while read -r found; do
    warn "taking down the lab that is left in ${found%/*}"
    "$root/deploy/lab/lab.sh" down --dir "${found%/*}" || warn 'it could not be taken down'
  done < <(find "$1" -maxdepth 4 -name .cephrbd-lab 2>/dev/null)
  while read -r found; do
    warn "taking down the nodes that are left in ${found%/*}"
    "$root/deploy/lab/nodes/nodes.sh" down --dir "${found%/*}" || warn 'they could not be taken down'
  done < <(find "$1" -maxdepth 4 -name .cephrbd-nodes 2>/dev/null)
  while read -r found; do
    warn "unmounting $found"
    umount -l "$found" || warn 'it could not be unmounted'
  done < <(awk -v d="$1/" 'index($5, d) == 1 { print $5 }' /proc/self/mountinfo | sort -r)
  rm -rf --one-file-system "$1"
}

# Network namespaces of test programs that are gone, with what runs in them: each has its
# program's process id in its name.
remove_networks() {
  local path pid found
  for path in /run/netns/cephrbd-test-*; do
    pid=${path##*-}
    [[ -e $path && ! -e /proc/$pid ]] || continue
    warn "removing the network namespace ${path##*/}"
    while read -r found; do
      kill -KILL "$found" 2>/dev/null || true
    done < <(ip netns pids "${path##*/}")
    ip netns del "${path##*/}" || warn 'it could not be removed'
  done
}

# start_beside FUNCTION…: runs these beside what follows, in a process group of their own. What
# waits for a cluster most of the time leaves a processor to others.
start_beside() {
  step "beside what follows: $*"
  set -m
  count_beside "$@" >"$root/artifacts/test/beside.log" 2>&1 </dev/null &
  beside=$!
  set +m
}

count_beside() {
  local each
  trap - EXIT INT TERM HUP
  passed=0 failed=0
  for each; do
    "$each"
  done
  printf '%d %d\n' "$passed" "$failed" >"$test_dir/beside"
}

# join_beside: shows what they said, and adds their counts; none are a failure.
join_beside() {
  local good=0 bad=1
  wait "$beside" || true
  beside=
  cat "$root/artifacts/test/beside.log"
  test_logs+=("$root/artifacts/test/beside.log")
  [[ ! -f $test_dir/beside ]] || read -r good bad <"$test_dir/beside"
  passed=$((passed + good))
  failed=$((failed + bad))
}

# recap: what failed, once more and with its first lines, at the end: of a long log, often only
# the end is kept.
recap() {
  local log
  printf '\nWhat failed:\n'
  for log in "${test_logs[@]}"; do
    awk -v name="$(basename "$log" .log)" '
      /\[FAIL\]$|^not ok |^ *FAILED|^build\.sh: / { left = 12; if (!said++) print "--- " name }
      /^ok [0-9]+ |^  ok / { left = 0 }
      left-- > 0 { print substr($0, 1, 600) }' "$log"
  done
}

# Runs at the script's end, whatever ended it: the last line is always the sum.
finish_tests() {
  local status=$?
  trap - EXIT
  if [[ -n $beside ]]; then
    kill -TERM -- "-$beside" 2>/dev/null || true
    wait "$beside" || true
  fi
  remove_networks
  remove_dead_groups
  [[ -z ${test_dir:-} ]] || remove_test_dir "$test_dir"
  # A run that was cut short has shown nothing, whatever status it ends with.
  if ((status != 0 || all_ran == 0)); then
    failed=$((failed + 1))
  fi
  ((failed == 0)) || recap
  printf '%d passed, %d failed\n' "$passed" "$failed"
  ((failed == 0)) || exit 1
}

run_deploy_tests() { run_bats deploy 900 "$root"/tests/deploy/*.bats; }
run_deploy_lab_tests() { run_bats deploy-lab 600 "$root"/tests/deploy/lab/*.bats; }

# test_all WHICH…: unit, lab, artifact, pipeline, or all. A build that fails counts as one failure.
test_all() {
  local which
  trap finish_tests EXIT
  if [[ " $* " == *' artifact '* || $* == all ]]; then
    publish
    package
  elif [[ $* == pipeline ]]; then
    publish
    package_programs
  elif [[ " $* " == *' lab '* ]]; then
    publish
  else
    publish "$(host_rid)"
  fi
  [[ $* == pipeline ]] || build
  test_dir=$(mktemp -d /tmp/cephrbd-test.XXXXXX)
  export TMPDIR=$test_dir
  CEPHRBD_BINARY=$root/artifacts/$(host_rid)/cephrbd
  export CEPHRBD_BINARY
  for which; do
    case $which in
      unit)
        run_deploy_tests
        run_tests CephRbd.UnitTests 300
        ;;
      lab)
        run_deploy_lab_tests
        run_tests CephRbd.LabTests 2400
        run_emulated_tests
        ;;
      artifact) run_tests CephRbd.ArtifactTests 1200 ;;
      pipeline) run_pipeline ;;
      all)
        mkdir -p "$root/artifacts/test"
        start_beside run_pipeline run_deploy_lab_tests run_deploy_tests
        run_tests CephRbd.UnitTests 300
        run_tests CephRbd.LabTests 2400
        run_emulated_tests
        run_tests CephRbd.ArtifactTests 1200
        join_beside
        ;;
    esac
  done
  all_ran=1
}
