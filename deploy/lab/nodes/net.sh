# shellcheck shell=bash
# The nodes' network: a bridge in a namespace of its own, and one namespace for each node
# that runs, with a cable between. The names end in the process that the bench is for, so
# that what a killed run leaves is known (deploy/lib/test.sh). Needs common.sh, word, owner.
# shellcheck disable=SC2154

prefix=172.16.4

# net_of NAME: the namespace of a node, or of the bridge ("net").
net_of() {
  printf 'cephrbd-test-%s-%s-%s\n' "$word" "$1" "$owner"
}

address_of() {
  printf '%s.%d\n' "$prefix" "$((100 + ${1#node}))"
}

switch_up() {
  local switch
  switch=$(net_of net)
  ip netns add "$switch"
  ip -n "$switch" -batch - <<IP
link set lo up
link add br0 type bridge
addr add $prefix.1/24 dev br0
link set br0 up
IP
}

# plug NODE: a network as it is after power on: what the last run had set is gone.
plug() {
  local net switch
  net=$(net_of "$1")
  switch=$(net_of net)
  unplug "$1"
  ip netns add "$net"
  ip link add "$1" netns "$switch" type veth peer name eth0 netns "$net"
  ip -n "$switch" -batch - <<IP
link set $1 master br0
link set $1 up
IP
  # No default route: what is not here is told at once.
  ip -n "$net" -batch - <<IP
link set lo up
addr add $(address_of "$1")/24 dev eth0
link set eth0 up
IP
}

# unplug NAME: removes its cable and its namespace, and ends what still runs in it.
unplug() {
  local net switch pid
  net=$(net_of "$1")
  switch=$(net_of net)
  # A namespace goes some time after its name, or not while a mount namespace that was made
  # meanwhile has it: the cable would still be there when the node is plugged in again.
  if [[ -e /run/netns/$switch ]] && ip -n "$switch" link show dev "$1" >/dev/null 2>&1; then
    ip -n "$switch" link del dev "$1"
  fi
  [[ -e /run/netns/$net ]] || return 0
  while read -r pid; do
    kill -KILL "$pid" 2>/dev/null || true
  done < <(ip netns pids "$net" 2>/dev/null)
  ip netns del "$net"
}

# carrier NODE up|down: its cable, at the bridge's end.
carrier() {
  ip -n "$(net_of net)" link set "$1" "$2"
}

# Whether the node's cable is plugged in at the bridge.
is_connected() {
  ip -n "$(net_of net)" -o link show dev "$1" up 2>/dev/null | grep -q .
}
