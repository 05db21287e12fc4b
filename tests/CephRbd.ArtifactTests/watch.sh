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

# call_always COMMAND…: calls init again and again until end_calls; each answer must be Success.
call_always() {
  : >"$WORK/calls"
  rm -f "$WORK/enough"
  (
    count=0
    while [[ ! -e $WORK/enough ]]; do
      answer=$("$@" 2>&1) || answer="exit status $?: $answer"
      count=$((count + 1))
      [[ $answer == '{"status":"Success",'* ]] || printf '%s\n' "$answer" >>"$WORK/calls"
      printf '%d\n' "$count" >"$WORK/count.new"
      mv "$WORK/count.new" "$WORK/count"
    done
  ) &
  caller=$!
}

# end_calls COUNT: waits until so many calls were made (60 s at most) and sees that none failed.
end_calls() {
  local tries=0
  until (($(cat "$WORK/count" 2>/dev/null || printf 0) >= $1)); do
    ((++tries < 1200)) || fail "only $(<"$WORK/count") of $1 calls in a minute"
    sleep 0.05
  done
  touch "$WORK/enough"
  wait "$caller"
  caller=
  [[ ! -s $WORK/calls ]] || fail "calls failed meanwhile, the first: $(head -n 1 "$WORK/calls")"
  printf '%s calls, all of them Success\n' "$(<"$WORK/count")"
}

stop_watching() {
  touch "$WORK/enough"
  [[ -z ${watcher:-} ]] || kill "$watcher" 2>/dev/null || true
  [[ -z ${caller:-} ]] || kill "$caller" 2>/dev/null || true
}
