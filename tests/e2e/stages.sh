# shellcheck shell=bash
# A pod's way, kubelet started anew, the driver upgraded, many pods. Needs pods.sh.
# shellcheck disable=SC2154

installer() { timeout 60 "$root/deploy/node/install.sh" "$@"; }

# kubelet runs first, without a driver: the installer finds its folder, kubelet finds the driver.
installs() {
  local said
  kubelet_up
  printf '%s\n' '{"runtime": "hyper", "user": "cephrbd", "logLevel": "debug"}' >"$work/config.json"
  said=$(installer --config "$work/config.json" --binary "$DRIVER")
  printf '%s\n' "$said"
  [[ $said == *"installed $plugins/hyper~cephrbd/cephrbd"* ]] || fail "the installer did not find kubelet's folder"
  cmp "$DRIVER" "$plugins/hyper~cephrbd/cephrbd"
}

# For the stages that are run without the first.
node_is_ready() {
  [[ -e $plugins/hyper~cephrbd/cephrbd ]] || installs
  kubelet_pid >/dev/null || kubelet_up
}

first_pod() {
  pod first "$(image_options first)"
  comes_up first
  has_tag first first
  expect 'times that it was formatted' 1 "$(formats first)"
  sound first
  expect 'reservations' 1 "$(reservations)"
}

# The container sees what frakti would: kubelet handed the dir on.
container_sees_the_tag() {
  local id
  id=$(container_of first)
  expect 'what the container sees' hyper-flexvolume.json \
    "$(timeout 20 ctr --address "$socket" -n k8s.io task exec --exec-id look "${id#containerd://}" ls /data)"
}

# With fsGroup kubelet would give the files of a volume to the group, unless the driver says no.
group_pod() {
  pod group "$(image_options group)" 2345
  comes_up group
  has_tag group group
  expect "kubelet told the driver of the group" 1 "$(calls mount group | wc -l)"
  expect "group of the dir" 0 "$(stat -c %g "$(volume_dir group)")"
}

# grep -F -f: no key among the arguments.
no_key_on_disk() {
  local found
  ceph_key >/run/key
  [[ $(wc -c </run/key) -gt 30 ]] || fail 'the key of client.cephrbd could not be read'
  grep -qF -f /run/key "$(volume_dir first)/hyper-flexvolume.json" || fail 'the search does not find the key where it is'
  found=$(find "$kubelet_dir" /var/log /var/lib/containerd /var/lib/cephrbd /etc/cephrbd "$manifests" -xdev -type f \
    -exec grep -lF -f /run/key {} + || true)
  expect 'files on the disk with the key' '' "$found"
  # Nor in an argument or the environment of what runs.
  found=$(grep -lF -f /run/key /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null || true)
  expect 'processes with the key' '' "$found"
}

serve_stage() {
  need 'the installer finds the running kubelet' installs
  need 'a pod comes up, with its tag' first_pod
  try 'its container gets the dir' container_sees_the_tag
  try 'a pod with fsGroup: the tag stays root'"'"'s' group_pod
  try 'the key is on no disk' no_key_on_disk
  try 'both are removed' removed first group
  try 'nothing is left' nothing_left
}

# state NAME: its container, its tag, all that the cluster has.
state() {
  container_of "$1"
  stat -c '%i %Y %Z %s' "$(volume_dir "$1")/hyper-flexvolume.json"
}

# restarts SIGNAL: kubelet ends and starts under pods that run.
restarts() {
  local before after calls_before
  before=$(
    state kept-a
    state kept-b
    objects
  )
  calls_before=$(calls mount | wc -l)
  kubelet_down "$1"
  expect 'containers without kubelet' 4 "$(tasks "$uid_a" "$uid_b")"
  kubelet_up
  within 60 'kubelet takes the pods over' all_run kept-a kept-b
  # It looks at each pod every two seconds.
  sleep 6
  after=$(
    state kept-a
    state kept-b
    objects
  )
  [[ $after == "$before" ]] || fail "not the same afterwards: $(diff <(printf '%s\n' "$before") <(printf '%s\n' "$after"))"
  has_tag kept-a kept-a
  has_tag kept-b kept-b
  # kubelet may ask again; the driver must then find the tag, and need no cluster.
  ! calls mount | tail -n "+$((calls_before + 1))" | grep -E 'connect as|write the' || fail 'a mount after the restart went to the cluster'
}

# What was mounted under the old kubelet, the new one takes away.
removed_by_another() {
  kubelet_down KILL
  kubelet_up
  removed kept-a kept-b
  nothing_left
}

two_pods() {
  node_is_ready
  pod kept-a "$(image_options kept-a)"
  pod kept-b "$(image_options kept-b)"
  comes_up kept-a
  comes_up kept-b
}

restart_stage() {
  local uid_a uid_b
  need 'two pods' two_pods
  uid_a=$(uid_of kept-a)
  uid_b=$(uid_of kept-b)
  try 'kubelet is ended (SIGTERM) and started: nothing is touched' restarts TERM
  try 'kubelet is killed and started: nothing is touched' restarts KILL
  try 'a kubelet that mounted neither removes both' removed_by_another
}

# A copy of the driver whose log has another word for a step, in place of a second build.
other_driver() {
  LC_ALL=C sed 's/a\x00s\x00k\x00 \x00f\x00o\x00r\x00 \x00t\x00h\x00e\x00 \x00m\x00/A\x00S\x00K\x00 \x00f\x00o\x00r\x00 \x00t\x00h\x00e\x00 \x00m\x00/' "$DRIVER" >"$1"
  chmod 0755 "$1"
  ! cmp -s "$DRIVER" "$1" || fail 'the copy of the driver is no other: the log has no step "ask for the monitors"'
}

upgrades() {
  local before said
  before=$(state old)
  other_driver "$work/other"
  said=$(installer --binary "$work/other")
  printf '%s\n' "$said"
  [[ $said == *"replaced $plugins/hyper~cephrbd/cephrbd"* ]] || fail 'the installer did not replace the driver'
  cmp "$work/other" "$plugins/hyper~cephrbd/cephrbd"
  sleep 4
  expect 'the pod that runs' "$before" "$(state old)"
  has_tag old old
}

old_pod() {
  node_is_ready
  pod old "$(image_options old)"
  comes_up old
}

new_pod() {
  pod new "$(image_options new)"
  comes_up new
  has_tag new new
  expect 'mounts by the new driver' 1 "$(calls mount new | grep -c 'ASK for the monitors')"
  expect 'mounts of the old pod by the old driver' 1 "$(calls mount old | grep -c 'ask for the monitors')"
}

back_again() {
  installer --rollback --binary "$DRIVER"
  cmp "$DRIVER" "$plugins/hyper~cephrbd/cephrbd"
  removed new
  nothing_left
}

upgrade_stage() {
  need 'a pod of the driver of now' old_pod
  need 'the driver is upgraded, the pod goes on' upgrades
  try 'a new pod is mounted by the new driver' new_pod
  try 'the new driver removes the old pod' removed old
  try 'rolled back, the driver of before removes the new pod' back_again
}

many=20
many_come() {
  local i
  local -a names=()
  node_is_ready
  for ((i = 1; i <= many; i++)); do
    pod "many-$i" "$(image_options "many-$i")"
    names+=("many-$i")
  done
  within 240 "all $many pods run" all_run "${names[@]}"
  for ((i = 1; i <= many; i++)); do
    has_tag "many-$i" "many-$i"
    expect "times that many-$i was formatted" 1 "$(formats "many-$i")"
  done
  driver_mounts
  expect 'mounts of the driver' "$many" "$(driver_mounts | wc -l)"
  expect 'reservations' "$many" "$(reservations)"
}

many_go() {
  local i
  local -a names=()
  for ((i = 1; i <= many; i++)); do
    names+=("many-$i")
  done
  seconds=240 removed "${names[@]}"
  nothing_left
}

many_stage() {
  try "$many pods at once" many_come
  try 'all of them are removed' many_go
}
