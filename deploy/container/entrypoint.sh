#!/bin/sh
# The container's program: it places the driver into the node's plugin folder, which is
# mounted at /plugins, and keeps it there. POSIX sh, for busybox.
set -eu

plugins=${CEPHRBD_PLUGINS:-/plugins}
keep=${CEPHRBD_KEEP:-/keep}
interval=${CEPHRBD_INTERVAL:-60}
share=${CEPHRBD_SHARE:-/usr/lib/cephrbd}
binary=$share/cephrbd
folder=$plugins/hyper~cephrbd
placed=$folder/cephrbd

help() {
  cat <<'TEXT'
usage: /entrypoint.sh [stay|ready|remove|help]

  stay    (default) places the driver into /plugins, atomically, and stays: it looks
          every 60 s whether the driver is there, whole, and else places it again.
          Ends at once with SIGTERM; the driver remains, for pods use it.
  ready   status 0 if the driver in /plugins is the one of this image
  remove  takes the driver out of /plugins. In a container that runs stay, stay takes
          it out and does not place it again; alone, it is done once.

The node's plugin folder, the one that holds hyper~cephrbd, must be mounted at /plugins.
If a folder is mounted at /keep, the driver that was replaced is kept in it.
CEPHRBD_INTERVAL: seconds between two looks.
TEXT
}

log() {
  printf 'cephrbd %s: %s\n' "${CEPHRBD_VERSION:-(unknown version)}" "$*"
}

die() {
  log "$*" >&2
  exit 1
}

# mounted DIR: whether DIR itself is a mount point.
mounted() {
  while read -r _ _ _ _ point _; do
    [ "$point" != "$1" ] || return 0
  done </proc/self/mountinfo
  return 1
}

need_plugins() {
  mounted "$plugins" ||
    die "nothing is mounted at $plugins: mount the node's plugin folder there (kubelet's --volume-plugin-dir)"
}

# place put|take: runs place.sh, and logs what it did. What it finds done already is
# logged only if $first is set.
place() {
  verb=$1
  set -- "$plugins"
  [ "$verb" = take ] || set -- "$binary" "$@"
  ! mounted "$keep" || set -- "$@" --keep "$keep"
  if ! done=$(timeout 120 sh "$share/place.sh" "$verb" "$@"); then
    log "place.sh $verb failed: see the lines above" >&2
    owner=$(stat -c %u "$plugins")
    [ "$owner" = 0 ] || log "$plugins belongs to uid $owner: give it to root, or the container CAP_DAC_OVERRIDE" >&2
    return 1
  fi
  case $done in
    "unchanged "* | "absent "*) [ -z "$first" ] || log "$done" ;;
    *) log "$done" ;;
  esac
}

# Runs a function in a process of its own: while the shell waits it hears signals, while
# it runs a program it does not. A signal ends wait, too, but not the process.
run() {
  "$@" &
  child=$!
  while :; do
    status=0
    wait "$child" || status=$?
    kill -0 "$child" 2>/dev/null || return "$status"
  done
}

# Until the next look. change ends it at whatever moment it comes: before the look at
# $wanted that is seen, afterwards it ends the sleep.
nap() {
  sleep "$interval" &
  child=$!
  napping=$child
  [ "$now" != "$wanted" ] || wait "$child" || true
  napping=''
  kill "$child" 2>/dev/null || true
}

# What remove asks for.
change() {
  wanted=take
  first=yes
  [ -z "$napping" ] || kill "$napping" 2>/dev/null || true
}

stop() {
  log 'told to end; the driver stays in place'
  [ -z "$child" ] || kill "$child" 2>/dev/null || true
  exit 0
}

stay() {
  child=''
  napping=''
  first=yes
  wanted=put
  trap stop TERM INT
  trap change USR1
  need_plugins
  log "the plugin folder is mounted at $plugins"
  if mounted "$keep"; then
    log "what is replaced is kept in $keep"
  fi
  while :; do
    now=$wanted
    if run place "$now"; then
      [ "$now" != "$wanted" ] || first=''
    elif [ "$now$first" = putyes ]; then
      exit 1
    else
      log "tries again in $interval s" >&2
    fi
    nap
  done
}

ready() {
  [ -e "$placed" ] || die "there is no $placed"
  [ -x "$placed" ] || die "$placed is not executable"
  cmp -s "$binary" "$placed" || die "$placed is not the driver of this image"
}

# Whether the container's first process is one that stays.
stays() {
  [ $$ -ne 1 ] && [ -r /proc/1/cmdline ] && tr '\0' ' ' </proc/1/cmdline | grep -q '/entrypoint.sh \(stay \)\{0,1\}$'
}

remove() {
  first=yes
  need_plugins
  if ! stays; then
    place take
    return
  fi
  kill -USR1 1
  left=100
  while [ -e "$folder" ]; do
    left=$((left - 1))
    [ "$left" -gt 0 ] || die "the driver is still in $folder after 20 s: see the container's log"
    sleep 0.2
  done
  log "removed $placed; it stays out until the container starts again"
}

mode=${1:-stay}
[ $# -le 1 ] || mode='more than one argument'
case $mode in
  stay | ready | remove) "$mode" ;;
  help | --help | -h) help ;;
  *)
    help >&2
    exit 2
    ;;
esac
