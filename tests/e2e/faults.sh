# shellcheck shell=bash
# Pods that ask for what is not there, and a kubelet that is killed within a mount. Needs pods.sh.
# shellcheck disable=SC2154

# tells NAME OPTIONS WORDS…: kubelet's log has the driver's message with all these words, kubelet
# tries again, and the pod comes up once its manifest is right.
tells() {
  local name=$1 options=$2 uid word line
  shift 2
  pod "$name" "$options"
  within 60 "kubelet knows the pod" uid_of "$name"
  uid=$(uid_of "$name")
  within 60 "kubelet's log has the message" told "$uid"
  line=$(grep -F "$uid" "$kubelet_log" | grep -F 'MountVolume.SetUp failed' | tail -n 1 | sed 's/\\"/"/g')
  printf '%s\n' "$line"
  for word in 'cephrbd mount: ' "$@"; do
    [[ $line == *"$word"* ]] || fail "the message has no '$word'"
  done
  ! runs "$name" || fail 'the pod runs'
  within 120 'kubelet has tried three times' tried_thrice "$uid"
  expect 'mounts of the driver' '' "$(driver_mounts)"
  # Put right: for kubelet it is another pod, and the old one goes.
  pod "$name" "$(image_options "$name")"
  comes_up "$name"
  has_tag "$name" "$name"
  within 60 'the pod that was wrong is gone' gone "$uid"
  removed "$name"
  nothing_left
}
told() { grep -F "$1" "$kubelet_log" | grep -qF 'MountVolume.SetUp failed'; }
tried_thrice() { (($(jq -c --arg uid "$1" 'select(.Verb == "mount" and .Outcome == "Failure" and (.Dir | contains($uid)))' "$driver_log" | wc -l) >= 3)); }

bad_stage() {
  need 'kubelet and driver' node_is_ready
  try 'an option that is none' tells bad-option '{"volumeID":"bad-option","sise":"64Mi"}' '"sise"' '"size"' hyper/bad-option
  try 'an image that is absent, without a size' tells bad-image '{"volumeID":"bad-image"}' hyper/bad-image size
  try 'a pool that is none' tells bad-pool '{"volumeID":"bad-pool","pool":"nopool","size":"64Mi"}' '"nopool"' nopool/bad-pool
  try 'a size that is none' tells bad-size '{"volumeID":"bad-size","size":"64Mix"}' 64Mix hyper/bad-size
}

# state_of PID: as in /proc; Z or nothing once it has ended.
state_of() { { sed -n 's/^State:[[:space:]]*\(.\).*/\1/p' "/proc/$1/status"; } 2>/dev/null || true; }

# is_held PID: told to stop, it has stopped. Not so once it has ended.
is_held() {
  local state end=$((SECONDS + 10))
  while ((SECONDS < end)); do
    state=$(state_of "$1")
    [[ -n $state && $state != [ZX] ]] || return 1
    [[ $state != T ]] || return 0
  done
  fail "the driver does not stop: $(state_of "$1")"
}

# held_within MILLISECONDS: waits for kubelet's call of mount and stops it (SIGSTOP) at a random
# instant of its first milliseconds; sets held_pid. 1 if it was over by then.
held_within() {
  local end=$((SECONDS + 60))
  until held_pid=$(pgrep -of 'hyper~cephrbd/cephrbd mount '); do
    ((SECONDS < end)) || fail 'the driver is called: not within 60 s'
  done
  sleep "0.$(printf '%03d' $((RANDOM % $1)))"
  kill -STOP "$held_pid" 2>/dev/null && is_held "$held_pid"
}

# killed_within N: a first mount, and somewhere within it kubelet is killed; each second time the
# driver with it, as systemd does it with kubelet's control group. A mount that was over too soon
# is made again, with less time to be over.
killed_within() {
  local name=killed-$1 uid held_pid most=128
  kubelet_pid >/dev/null || kubelet_up
  pod "$name" "$(image_options "$name")"
  until held_within "$most"; do
    most=$((most / 2))
    ((most > 0)) || fail 'no kill met a mount that was under way'
    comes_up "$name"
    removed "$name"
    name=killed-$1-$most
    pod "$name" "$(image_options "$name")"
  done
  signal_daemons KILL --hostname-override="$node" "$work/kubelet.pid"
  if (($1 % 2 == 0)); then
    kill -KILL "$held_pid"
  else
    kill -CONT "$held_pid"
  fi
  kubelet_down KILL
  kubelet_up
  comes_up "$name"
  has_tag "$name" "$name"
  uid=$(uid_of "$name")
  expect 'containers of the pod, its sandbox included' 2 "$(tasks "$uid")"
  expect 'images of that name' 1 "$(images | grep -cxF "$name")"
  expect 'reservations and locks in the pool' 1 "$(reservations)"
  sound "$name"
  removed "$name"
  nothing_left
}

killed_stage() {
  local i
  need 'kubelet and driver' node_is_ready
  for ((i = 1; i <= CEPHRBD_E2E_KILLS; i++)); do
    try "kubelet is killed within a first mount, $i of $CEPHRBD_E2E_KILLS" killed_within "$i"
  done
}
