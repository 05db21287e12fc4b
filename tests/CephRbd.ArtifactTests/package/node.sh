# shellcheck shell=bash
# A node to install on: Debian 12 in a folder, with processes and mounts of its own and a
# program that looks like kubelet. Source it; it needs watch.sh, ROOT and WORK.

node=$WORK/node

# node_up KUBELET_ARGUMENT…: without any, no kubelet runs.
node_up() {
  local tries=0
  "$ROOT/deploy/image/base.sh" amd64 "$node" 2>/dev/null
  mkdir -p "$node/kubelet"
  unshare --mount --pid --fork --kill-child --propagation private bash -c '
    mount --bind "$1" "$1" && cd "$1" && mount -t proc proc proc && mount -t tmpfs tmpfs run &&
    mount -t tmpfs tmpfs kubelet && exec chroot . sleep 600' - "$node" &
  holder=$!
  until first=$(pgrep -P "$holder" 2>/dev/null) && [[ $(tr '\0' ' ' <"/proc/$first/cmdline") == 'sleep 600 ' ]]; do
    ((++tries < 200)) || fail 'the node did not come up'
    sleep 0.05
  done
  (($# == 0)) || kubelet_up "$@"
}

# kubelet_up ARGUMENT…: a process of that name; it sleeps.
kubelet_up() {
  printf '#!/bin/bash\nexec 0</dev/null\nwhile sleep 1; do :; done\n' >"$node/usr/local/bin/kubelet-sleeper"
  # shellcheck disable=SC2016 # for the node's shell
  on_node bash -c 'exec -a /usr/bin/kubelet bash /usr/local/bin/kubelet-sleeper "$@"' - "$@" 2>/dev/null &
  kubelet=$!
  sleep 0.3
}

# on_node COMMAND…
on_node() {
  nsenter -t "$first" -m -p -r -w env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
    TERM=dumb DEBIAN_FRONTEND=noninteractive ${on_node_env:+"$on_node_env"} "$@"
}

# All that ran on it ends with its first process, and the mounts go with that.
node_down() {
  [[ -z ${holder:-} ]] || kill -KILL "$holder" 2>/dev/null || true
  [[ -z ${holder:-} ]] || wait "$holder" 2>/dev/null || true
  holder=
}

# tree FILE: every name on the node's disk, with what tells a change.
tree() {
  (cd "$node" && find . -xdev \( -path ./proc -o -path ./run -o -path ./kubelet -o -path './var/lib/dpkg/*' -o -path ./var/log \
    -o -path './var/cache/*' \) -prune -o ! -type d -printf '%p %m %u:%g %s %T@ %l\n' -o -printf '%p %m %u:%g\n' | sort) >"$1"
}

# newer_binary FROM TO: the same program with other bytes behind it, which nobody reads.
newer_binary() {
  cp "$1" "$2"
  printf newer >>"$2"
}
