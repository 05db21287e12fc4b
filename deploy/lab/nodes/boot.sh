# shellcheck shell=bash
# Boots nodes by systemd-nspawn, enters and stops them. Needs common.sh, process.sh,
# groups.sh, net.sh, files.sh, and dir, base, share.
# shellcheck disable=SC2154

# The node's outer process, when it runs. The root's path is its mark.
outer_of() {
  daemon_pid "$dir/$1/pid" "$dir/$1/root"
}

# leader_of NODE: its systemd, the first child of the outer process.
leader_of() {
  local outer children
  outer=$(outer_of "$1") || return 1
  children=$(cat "/proc/$outer/task/$outer/children" 2>/dev/null) || return 1
  [[ -n $children ]] || return 1
  printf '%s\n' "${children%% *}"
}

# launch NODE: without waiting for it.
launch() {
  local name=$1 net loop
  net=$(net_of "$name")
  is_laid "$name" || die "$name has lost its root (this machine was restarted?): take the bench down and up again"
  loop=$(loop_of "$name")
  [[ -n $loop ]] || die "$name has lost its disk (this machine was restarted?): take the bench down and up again"
  [[ -n $(hierarchies) ]] || die 'no control groups are mounted on this machine: a node needs them'
  plug "$name"
  # systemd listens to udev only if it sees a sign of it when it starts itself: the name of
  # its socket, which is then made anew.
  rm -rf "$dir/$name/udev"
  mkdir "$dir/$name/udev"
  : >"$dir/$name/udev/control"
  local -a bind=("--bind-ro=$base/debs:/srv/ceph-debs" "--bind=$dir/$name/udev:/run/udev")
  [[ -z $share ]] || bind+=("--bind-ro=$share:/srv/cephrbd")
  (
    enter_group "$net"
    # A real udevd needs /sys writable, and CAP_NET_ADMIN to tell systemd of devices.
    export SYSTEMD_NSPAWN_API_VFS_WRITABLE=1
    start_daemon "$dir/$name/pid" "$dir/$name/console" "$dir/$name/root" \
      systemd-nspawn -q --keep-unit --register=no -D "$dir/$name/root" -M "$net" --hostname="$name" \
      --network-namespace-path="/run/netns/$net" --capability=CAP_NET_ADMIN "${bind[@]}" --resolv-conf=off --timezone=off \
      --link-journal=no --console=read-only --boot
  )
}

# enter NODE SECONDS COMMAND…: as root logs in: nothing of our environment, home as folder.
enter() {
  local name=$1 seconds=$2 leader
  shift 2
  leader=$(leader_of "$name") || {
    warn "$name does not run: start it by nodes.sh start --dir $dir $name"
    return 125
  }
  timeout -k 5 "$seconds" nsenter -t "$leader" -m -u -i -n -p -C -r -w \
    env -i -C /root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root USER=root \
    LOGNAME=root SHELL=/bin/bash LANG=C.UTF-8 "$@"
}

# state_of NODE: the word of systemctl is-system-running.
state_of() {
  leader_of "$1" >/dev/null || return 1
  enter "$1" 10 systemctl is-system-running 2>/dev/null </dev/null || true
}

is_started() {
  outer_of "$1" >/dev/null || die "$1 ended while it booted: $(tail -n 20 "$dir/$1/console")"
  [[ $(state_of "$1") == @(running|degraded) ]]
}

failed_units() {
  enter "$1" 10 systemctl list-units --failed --no-legend --plain </dev/null | awk '{ print $1 }' | paste -sd ' '
}

# await NODE: until all that it starts is started, or has failed.
await() {
  wait_until 150 is_started "$1" ||
    die "$1 did not come up within 150 seconds; it is $(state_of "$1"), and waits for: $(enter "$1" 10 systemctl list-jobs --no-legend </dev/null | tr -s ' ' | paste -sd ';')"
}

# halt NODE: as by its power button; kills it when that did not help, and fails then.
halt() {
  local leader status=0
  if leader=$(leader_of "$1"); then
    kill -s RTMIN+4 "$leader"
    wait_until 90 no_outer "$1" || {
      warn "$1 did not stop within 90 seconds and was killed; the end of its console: $(tail -n 5 "$dir/$1/console")"
      status=1
    }
  fi
  cut_power "$1" || status=1
  return "$status"
}

no_outer() {
  ! outer_of "$1" >/dev/null
}

# cut_power NODE: what it runs ends now; its network goes.
cut_power() {
  local net status=0
  net=$(net_of "$1")
  remove_groups "$net" || status=1
  unplug "$1" || status=1
  rm -f "$dir/$1/pid"
  [[ ! -d /run/systemd/nspawn/propagate/$net ]] || rm -rf --one-file-system "/run/systemd/nspawn/propagate/$net"
  return "$status"
}
