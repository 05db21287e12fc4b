# shellcheck shell=bash
# A node that boots from a folder, by systemd-nspawn, in the network namespace $node_net.
# Needs common.sh and lab.sh. Each node has control groups of its own, which nobody else's
# systemd manages.
# shellcheck disable=SC2154

node_name=cephrbd-test-$$
node_pid=
leader=

# The hierarchies that systemd uses: of cgroup 2, or its own beside the old ones.
hierarchies() {
  awk '$3 == "cgroup2" || ($3 == "cgroup" && $4 ~ /name=systemd/) { print $2 }' /proc/mounts
}

# no_group FOLDER: ends all that runs in the groups below, and removes them, deepest first.
no_group() {
  local pid
  while read -r pid; do
    kill -KILL "$pid" 2>/dev/null || true
  done < <(find "$1" -name cgroup.procs -exec cat {} +)
  find "$1" -depth -type d -exec rmdir {} + 2>/dev/null
}

# no_groups PID: the groups of a node whose script had this process id.
no_groups() {
  local hierarchy
  while read -r hierarchy; do
    [[ ! -d $hierarchy/cephrbd-test-$1 ]] || wait_until 10 no_group "$hierarchy/cephrbd-test-$1" ||
      warn "$hierarchy/cephrbd-test-$1 could not be removed"
  done < <(hierarchies)
}

# What killed runs left.
forget_the_dead() {
  local hierarchy path
  while read -r hierarchy; do
    for path in "$hierarchy"/cephrbd-test-*; do
      [[ ! -d $path || -e /proc/${path##*-} ]] || no_groups "${path##*-}"
    done
  done < <(hierarchies)
}

# A process's first child, the node's systemd.
find_leader() {
  leader=$(cat "/proc/$node_pid/task/$node_pid/children" 2>/dev/null) || return 1
  leader=${leader%% *}
  [[ -n $leader ]]
}

# on_node COMMAND…
on_node() {
  timeout 90 nsenter -t "$leader" -m -u -i -n -p -C -r -w env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"
}

answers_at_all() {
  kill -0 "$node_pid" 2>/dev/null || die "the node ended: $(tail -n 20 "$WORK/console")"
  find_leader && on_node systemctl is-system-running 2>/dev/null | grep -qxE 'running|degraded'
}

# node_up FOLDER: boots and waits until all is started.
node_up() {
  local -a groups
  forget_the_dead
  mapfile -t groups < <(hierarchies)
  ((${#groups[@]} > 0)) || die 'no control groups are mounted: a node needs them'
  (
    for group in "${groups[@]}"; do
      mkdir -p "$group/$node_name"
      echo "$BASHPID" >"$group/$node_name/cgroup.procs"
    done
    exec systemd-nspawn -q --keep-unit --register=no -D "$1" -M node1 \
      --network-namespace-path="/run/netns/$node_net" --resolv-conf=off --timezone=off \
      --link-journal=no --console=read-only --boot </dev/null >"$WORK/console" 2>&1
  ) &
  node_pid=$!
  wait_until 60 answers_at_all || die "the node was not up within 60 seconds: $(tail -n 20 "$WORK/console")"
}

# node_down: as by its power button; fails if that did not help and it was killed.
node_down() {
  local status=0
  [[ -n $node_pid ]] || return 0
  if ! find_leader || ! kill -s RTMIN+4 "$leader" || ! wait_until 30 gone "$node_pid"; then
    warn 'the node did not stop within 30 seconds'
    status=1
    no_groups $$
  fi
  wait "$node_pid" 2>/dev/null || true
  node_pid=
  no_groups $$
  return "$status"
}

gone() {
  [[ ! -e /proc/$1 || $(awk '{ print $3 }' "/proc/$1/stat" 2>/dev/null) == Z ]]
}
