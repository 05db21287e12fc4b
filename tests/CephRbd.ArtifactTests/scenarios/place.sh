#!/usr/bin/env bash
# deploy/node/place.sh: what kubelet sees of it, kills at each of its steps, refusals, and where it
# finds plugin folders; in dash, and in busybox with nothing but busybox.
set -euo pipefail
# shellcheck source=tests/CephRbd.ArtifactTests/watch.sh
. "$ROOT/tests/CephRbd.ArtifactTests/watch.sh"

place=$ROOT/deploy/node/place.sh
binary=$ARTIFACTS/linux-x64/cephrbd
newer=$WORK/newer
small=$place
dir=$WORK/exec
driver=$dir/hyper~cephrbd/cephrbd
keep=$WORK/keep
kept=$keep$dir/cephrbd

finish() {
  local status=$?
  trap - EXIT
  stop_watching
  ! mountpoint -q "$WORK/small" || umount "$WORK/small"
  exit "$status"
}
trap finish EXIT
trap 'exit 143' TERM

# The same program with other bytes: what follows an ELF file's sections is not looked at.
cp "$binary" "$newer"
printf newer >>"$newer"

nothing_left() {
  local left
  left=$(find "$dir" "$keep" -name '.*' 2>/dev/null)
  [[ -z $left ]] || fail "left behind: $left"
}

# life NAME SHELL…: the whole way, watched.
life() {
  local name=$1
  shift
  rm -rf "$dir" "$keep"
  mkdir "$dir"
  watch "$dir"
  expect "installed $driver" "$@" put "$binary" "$dir" --keep "$keep"
  call_always "$driver" init
  expect "unchanged $driver" "$@" put "$binary" "$dir" --keep "$keep"
  expect "replaced $driver" "$@" put "$newer" "$dir" --keep "$keep"
  cmp "$newer" "$driver" && cmp "$binary" "$kept"
  expect "replaced $driver" "$@" back "$dir" --keep "$keep"
  cmp "$binary" "$driver" && cmp "$newer" "$kept"
  expect "replaced $driver" "$@" back "$dir" --keep "$keep"
  cmp "$newer" "$driver" && cmp "$binary" "$kept"
  [[ $(stat -c %a:%u:%g "$driver" "${driver%/*}" | sort -u) == 755:0:0 ]] || fail 'mode or owner is wrong'
  end_calls 100
  unwatch
  expect "$(printf '%s\n' 'MOVED_TO,ISDIR hyper~cephrbd' 'MOVED_TO hyper~cephrbd/cephrbd' \
    'MOVED_TO hyper~cephrbd/cephrbd' 'MOVED_TO hyper~cephrbd/cephrbd')" seen_events "$dir"
  watch "$dir"
  expect "unchanged $driver" "$@" put "$newer" "$dir"
  unwatch
  [[ ! -s $WORK/events ]] || fail "unchanged, and yet: $(<"$WORK/events")"
  chmod 0644 "$driver"
  expect "replaced $driver" "$@" put "$newer" "$dir"
  expect "removed $driver" "$@" take "$dir" --keep "$keep"
  [[ -z $(ls -A "$dir") ]] || fail 'take left something'
  expect "absent $driver" "$@" take "$dir"
  expect "installed $driver" "$@" back "$dir" --keep "$keep"
  cmp "$newer" "$driver"
  nothing_left
  printf '%s: life\n' "$name"
}

# kills SHELL…: one run after the other is killed before its first, second, … command, until one ends
# by itself. $WORK/tools holds a stand-in for each tool that counts.
kills() {
  local at status old=$1
  shift
  for ((at = 1; ; at++)); do
    ((at < 100)) || fail 'no run ended by itself'
    if [[ $old == none ]]; then
      rm -rf "$dir"
      mkdir "$dir"
    else
      "$place" put "$old" "$dir" >/dev/null
    fi
    rm -rf "$keep"
    printf '0\n' >"$WORK/step"
    status=0
    { KILL_AT=$at PATH=$WORK/tools:$PATH bash -c 'echo $$ >"$WORK/pid"; exec "$@"' - "$@" || status=$?; } >/dev/null 2>&1
    # Nothing, the old one or the new one, but whole.
    if [[ -e ${driver%/*} ]]; then
      [[ $(ls "${driver%/*}") == cephrbd ]] || fail "killed at $at: $(ls "${driver%/*}")"
      cmp -s "$driver" "$small" || cmp -s "$driver" "$old" || fail "killed at $at: the driver is broken"
    else
      [[ $old == none ]] || fail "killed at $at: the driver is gone"
    fi
    ((status != 0)) || break
    ((status == 137)) || fail "killed at $at: it ended with $status"
    "$place" put "$small" "$dir" --keep "$keep" >/dev/null
    cmp "$small" "$driver"
    [[ $old == none ]] || cmp "$old" "$kept"
    nothing_left
  done
  ((at > 10)) || fail "only $at steps were counted"
  printf 'killed before each of %d steps\n' "$((at - 1))"
}

make_tools() {
  local tool
  mkdir "$WORK/tools"
  # shellcheck disable=SC2016 # for the stand-in to expand
  printf '%s\n' '#!/bin/bash' 'step=$(($(<"$WORK/step") + 1))' 'echo "$step" >"$WORK/step"' \
    '((step != KILL_AT)) || kill -KILL "$(<"$WORK/pid")"' \
    'PATH=${PATH#*:}' '((step != KILL_AT)) || exit 1' 'exec "${0##*/}" "$@"' >"$WORK/tool"
  for tool in touch chown chmod dd mv sync cmp stat mkdir rm find flock; do
    install -m 0755 "$WORK/tool" "$WORK/tools/$tool"
  done
}

together() {
  local i
  local -a running=()
  rm -rf "$dir" "$keep"
  for i in 1 2 3; do
    "$place" put "$binary" "$dir" --keep "$keep" >"$WORK/said.$i" 2>&1 &
    running+=($!)
    "$place" put "$newer" "$dir" --keep "$keep" >"$WORK/said.$i.new" 2>&1 &
    running+=($!)
  done
  for i in "${running[@]}"; do
    wait "$i" || fail "of runs at once one failed: $(cat "$WORK"/said.*)"
  done
  grep -q '^installed' "$WORK"/said.* || fail 'none of the runs at once installed'
  [[ $("$driver" init) == '{"status":"Success",'* ]] || fail 'the driver does not answer'
  nothing_left
}

refusals() {
  rm -rf "$dir" "$keep"
  mkdir -p "$dir" "$WORK/small" "$WORK/elsewhere"
  refuses 'is no file' "$place" put "$WORK/none" "$dir"
  refuses 'no absolute path' "$place" take .
  refuses 'is inside' "$place" put "$binary" "$dir" --keep "$dir/previous"
  refuses 'no previous binary is kept' "$place" back "$dir" --keep "$keep"
  ln -s "$WORK/elsewhere" "$dir/hyper~cephrbd"
  refuses 'is a symbolic link: remove it' "$place" put "$binary" "$dir"
  rm "$dir/hyper~cephrbd"
  touch "$dir/hyper~cephrbd"
  refuses 'is not a folder: remove it' "$place" put "$binary" "$dir"
  rm "$dir/hyper~cephrbd"
  mkdir -p "$driver"
  refuses 'is not a file: remove it' "$place" put "$binary" "$dir"
  rmdir "$driver"
  expect "installed $driver" "$place" put "$binary" "$dir"
  touch "${driver%/*}/notes"
  refuses "(${driver%/*}/notes): move it away" "$place" take "$dir"
  rm "${driver%/*}/notes"
  nothing_left

  mount -t tmpfs -o size=6m cephrbd-test "$WORK/small"
  expect "installed $WORK/small/hyper~cephrbd/cephrbd" "$place" put "$binary" "$WORK/small"
  refuses 'No space left on device; put that right' "$place" put "$newer" "$WORK/small"
  cmp "$binary" "$WORK/small/hyper~cephrbd/cephrbd"
  [[ $(find "$WORK/small" -mindepth 1 | wc -l) == 2 ]] || fail "a full disk left: $(find "$WORK/small")"
  mount -o remount,ro "$WORK/small"
  refuses 'Read-only file system; put that right' "$place" put "$newer" "$WORK/small"
  expect "unchanged $WORK/small/hyper~cephrbd/cephrbd" "$place" put "$binary" "$WORK/small"
  umount "$WORK/small"
}

# process ROOT PID NAMESPACE ARGUMENT…: a process of a made-up node.
process() {
  local folder=$1/proc/$2
  mkdir -p "$folder/ns"
  ln -s "mnt:[$3]" "$folder/ns/mnt"
  ln -s / "$folder/cwd"
  shift 3
  printf '%s\0' "$@" >"$folder/cmdline"
}

finds() {
  local node=$WORK/node default=/usr/libexec/kubernetes/kubelet-plugins/volume/exec
  local -a look=("$@" find --root "$node")
  rm -rf "$node"
  process "$node" 1 1 /sbin/init
  expect "$default" "${look[@]}"
  mkdir -p "$node/var/lib/kubelet/volume-plugins" "$node/etc/kubernetes/volumeplugins"
  expect $'/var/lib/kubelet/volume-plugins\n/etc/kubernetes/volumeplugins' "${look[@]}"
  # Neither a search for kubelet, nor another's program of that name, nor one in a container.
  process "$node" 20 1 grep kubelet --volume-plugin-dir=/no
  process "$node" 21 1 /home/me/kubelet --volume-plugin-dir=/no
  chown 1000 "$node/proc/21"
  process "$node" 22 7 kubelet --volume-plugin-dir=/no
  expect $'/var/lib/kubelet/volume-plugins\n/etc/kubernetes/volumeplugins' "${look[@]}" 2>/dev/null
  rm -r "$node/proc/22"
  process "$node" 30 1 /usr/bin/kubelet --v=2
  expect "$default" "${look[@]}"
  process "$node" 31 1 /usr/bin/kubelet --config /etc/kubelet.yaml
  rm -r "$node/proc/30"
  printf '%s\n' 'kind: KubeletConfiguration' '# volumePluginDir: /no' 'nested:' '  volumePluginDir: /no' \
    'volumePluginDir: "/of/yaml" # here' >"$node/etc/kubelet.yaml"
  expect /of/yaml "${look[@]}"
  printf 'volumePluginDir: /plain\n' >"$node/etc/kubelet.yaml"
  expect /plain "${look[@]}"
  printf '{"kind":"KubeletConfiguration","volumePluginDir":"/of/json","v":1}\n' >"$node/etc/kubelet.yaml"
  expect /of/json "${look[@]}"
  process "$node" 32 1 hyperkube kubelet --config=/etc/kubelet.yaml --volume-plugin-dir /of/argument --v 2
  rm -r "$node/proc/31"
  expect /of/argument "${look[@]}"
  mkdir -p "$node/etc/default"
  printf '# ours\nPLUGIN_DIRS=""\n' >"$node/etc/default/cephrbd"
  expect /of/argument "${look[@]}"
  printf 'PLUGIN_DIRS="/one /two /one"\n' >"$node/etc/default/cephrbd"
  expect $'/one\n/two' "${look[@]}"
  printf 'PLUGIN_DIRS="one"\n' >"$node/etc/default/cephrbd"
  refuses 'which is no absolute path' "${look[@]}"
  printf 'PLUGIN_DIRS="one\n' >"$node/etc/default/cephrbd"
  refuses 'cannot be read as shell' "${look[@]}"
}

mkdir "$WORK/box"
busybox --install -s "$WORK/box"
box=(env -i "PATH=$WORK/box" "$WORK/box/sh" "$place")
life dash dash "$place"
life busybox "${box[@]}"
make_tools
export WORK
kills none dash "$place" put "$small" "$dir" --keep "$keep"
kills "$WORK/tool" dash "$place" put "$small" "$dir" --keep "$keep"
together
refusals
finds dash "$place"
finds "${box[@]}"
printf 'all held\n'
