# shellcheck shell=bash
# What kubelet would see of a plugin folder, and calls of the driver meanwhile. Source it; it needs WORK.

fail() {
  printf 'FAILED: %s\n' "$*" >&2
  exit 1
}

# expect WANTED COMMAND…: the command's output, to the letter.
expect() {
  local wanted=$1 seen
  shift
  seen=$("$@") || fail "'$*' ended with $?"
  [[ $seen == "$wanted" ]] || fail "'$*' said '$seen', not '$wanted'"
}

# refuses WORDS COMMAND…: it must fail and say these words.
refuses() {
  local words=$1 said
  shift
  if said=$("$@" 2>&1); then
    fail "'$*' succeeded: $said"
  fi
  [[ $said == *"$words"* ]] || fail "'$*' did not say '$words' but: $said"
}

# watch PLUGIN_DIR: every event in it and in the driver's folder goes to $WORK/events.
watch() {
  local tries=0
  : >"$WORK/events"
  inotifywait -m -r -e create,delete,moved_to,moved_from,modify,attrib \
    --format '%e %w%f' "$1" >"$WORK/events" 2>"$WORK/watching" &
  watcher=$!
  until grep -q 'Watches established' "$WORK/watching"; do
    ((++tries < 100)) || fail "inotifywait: $(<"$WORK/watching")"
    sleep 0.05
  done
}

# unwatch: ends the watch after a moment for the last events.
unwatch() {
  sleep 0.2
  kill "$watcher"
  wait "$watcher" || true
  watcher=
}

# seen_events PLUGIN_DIR: the events on names that kubelet looks at.
seen_events() {
  awk -v dir="$1/" '{ path = substr($0, length($1) + 2); rest = substr(path, length(dir) + 1)
    count = split(rest, part, "/"); hidden = 0
    for (i = 1; i <= count; i++) if (part[i] ~ /^\./) hidden = 1
    if (!hidden) print $1, rest }' "$WORK/events"
}

# call_always COMMAND…: calls it again and again until end_calls; each answer must be Success.
call_always() {
  : >"$WORK/calls"
  printf '0\n' >"$WORK/count"
  rm -f "$WORK/enough"
  (
    count=0
    while [[ ! -e $WORK/enough ]]; do
      answer=$("$@" 2>&1) || answer="exit status $?: $answer"
      count=$((count + 1))
      [[ $answer == '{"status":"Success",'* ]] || printf '%s\n' "$answer" >>"$WORK/calls"
      ((count % 20 > 0)) || printf '%d\n' "$count" >"$WORK/count"
    done
    printf '%d\n' "$count" >"$WORK/count"
  ) &
  caller=$!
}

# end_calls COUNT [WORDS]: waits until so many calls were made (two minutes at most) and sees that
# none failed but those that said WORDS.
end_calls() {
  local tries=0 count=0 bad
  until ((count >= $1)); do
    ((++tries < 2400)) || fail "only $count of $1 calls in two minutes"
    sleep 0.05
    read -r count <"$WORK/count" || count=0
  done
  touch "$WORK/enough"
  wait "$caller"
  caller=
  bad=$(grep -vF "${2:-no words}" "$WORK/calls" | head -n 1) || true
  [[ -z $bad ]] || fail "calls failed meanwhile, the first: $bad"
  printf '%s calls, none failed for no reason\n' "$(<"$WORK/count")"
}

stop_watching() {
  touch "$WORK/enough"
  [[ -z ${watcher:-} ]] || kill "$watcher" 2>/dev/null || true
  [[ -z ${caller:-} ]] || kill "$caller" 2>/dev/null || true
}
