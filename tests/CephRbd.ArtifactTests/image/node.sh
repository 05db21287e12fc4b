# shellcheck shell=bash
# A node that boots from a folder, by systemd-nspawn, in the network namespace $node_net.
# Needs common.sh and lab.sh. Each node has control groups of its own.
# shellcheck disable=SC2154

# shellcheck source=deploy/lib/groups.sh
. "$ROOT/deploy/lib/groups.sh"

node_name=cephrbd-test-$$
node_pid=
leader=

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
  remove_dead_groups
  mapfile -t groups < <(hierarchies)
  ((${#groups[@]} > 0)) || die 'no control groups are mounted: a node needs them'
  (
    enter_group "$node_name"
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
    remove_groups "$node_name" || true
  fi
  wait "$node_pid" 2>/dev/null || true
  node_pid=
  remove_groups "$node_name" || status=1
  return "$status"
}

gone() {
  [[ ! -e /proc/$1 || $(awk '{ print $3 }' "/proc/$1/stat" 2>/dev/null) == Z ]]
}
