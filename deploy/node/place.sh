#!/bin/sh
# Puts the driver into a plugin folder that kubelet watches, and takes it out again. See --help.
# It runs on nodes, in containers and in packages' scripts: POSIX sh, with coreutils or busybox.
set -eu
umask 022
LC_ALL=C
export LC_ALL

driver='hyper~cephrbd'
default_dir=/usr/libexec/kubernetes/kubelet-plugins/volume/exec
# Kubespray, AKS, GKE.
moved_dirs='/var/lib/kubelet/volume-plugins /etc/kubernetes/volumeplugins /home/kubernetes/flexvolume'
newline='
'
pid_space=$(readlink /proc/self/ns/pid) || pid_space=0
pid_space=${pid_space##*[}
pid_space=${pid_space%]}
me=$pid_space-$$

help() {
  cat <<'TEXT'
usage: place.sh put BINARY PLUGIN_DIR [--keep DIR]
       place.sh take PLUGIN_DIR [--keep DIR]
       place.sh back PLUGIN_DIR --keep DIR
       place.sh find [--root DIR]

  put   puts BINARY as PLUGIN_DIR/hyper~cephrbd/cephrbd. kubelet never sees a part of
        it, or a moment without it. Says "installed PATH", "replaced PATH" or
        "unchanged PATH"; unchanged: nothing was touched.
  take  takes the driver out. Says "removed PATH" or "absent PATH".
  back  puts the binary back that was there before, and keeps the one it replaces:
        done twice, all is as before. Says the same as put.
  find  prints kubelet's plugin folders, one on a line: those that PLUGIN_DIRS in
        /etc/default/cephrbd names; else the running kubelet's; else those that are
        there of the known ones; else kubelet's default.

  --keep DIR   keeps the binary that was there before, as DIR/PLUGIN_DIR/cephrbd. DIR must
               be outside the plugin folder.
  --root DIR   looks below DIR (a node's root that is mounted there), at its /proc, too.

Exit status: 0, or 1 after a failure, 2 after wrong arguments.
TEXT
}

fail() {
  printf 'place.sh: %s\n' "$*" >&2
  exit 1
}

misused() {
  printf 'place.sh: %s (see place.sh --help)\n' "$*" >&2
  exit 2
}

# try WHAT COMMAND…: a failure is told with the command's own first line.
try() {
  what=$1
  shift
  said=$("$@" 2>&1) || fail "cannot $what: ${said%%"$newline"*}; put that right and run this again"
}

stage=
keep_stage=
clean_up() {
  [ -z "$stage" ] || rm -rf "$stage"
  [ -z "$keep_stage" ] || rm -f "$keep_stage"
}

# copy FROM TO: with mode and owner in place before dd brings all of it to the disk.
copy() {
  try "make $2" touch "$2"
  try "make $2 root's" chown 0:0 "$2"
  try "make $2 executable" chmod 0755 "$2"
  try "copy $1 to $2" dd if="$1" of="$2" bs=1048576 conv=fsync
}

# lock: one run at a time in this folder. The folder itself is locked, so no file is left; the
# kernel gives the lock back however the run ends. Some busyboxes have no flock: there two runs
# at once still break nothing, but one of them may fail and have to be repeated.
locked=
lock() {
  command -v flock >/dev/null 2>&1 || return 0
  exec 9<"$dir" || fail "cannot open $dir"
  deadline=$(($(date +%s) + 60))
  until flock -n 9; do
    [ "$(date +%s)" -lt "$deadline" ] || fail "another process has worked on $dir for a minute: look for place.sh among the processes"
    sleep 0.1 2>/dev/null || sleep 1
  done
  locked=yes
}

# sweep NAME…: removes what killed runs left: with the lock, all there is. Without it, names end in
# the number of a process and that of the process numbers' namespace: a container does not see the
# node's processes, so what comes from elsewhere is judged by its age. This run's own number is
# that of an earlier one: nothing is staged yet.
sweep() {
  for left; do
    [ -e "$left" ] || continue
    owner=${left##*-}
    space=${left%-*}
    if [ -n "$locked" ] || [ "$owner" = $$ ] ||
      { [ "${space##*-}" = "$pid_space" ] && ! kill -0 "$owner" 2>/dev/null; } ||
      [ -n "$(find "$left" -prune -mmin +10)" ]; then
      try "remove $left" rm -rf "$left"
    fi
  done
}

# open_dir PLUGIN_DIR: sets dir, folder, final, kept; locks; clears away what killed runs left.
open_dir() {
  case $1 in
    /*) ;;
    *) misused "$1 is no absolute path" ;;
  esac
  dir=$(cd -P "$1" 2>/dev/null && pwd) || fail "cannot enter $1"
  folder=$dir/$driver
  final=$folder/cephrbd
  lock
  [ ! -L "$folder" ] || fail "$folder is a symbolic link: remove it, then run this again"
  [ ! -e "$folder" ] || [ -d "$folder" ] || fail "$folder is not a folder: remove it, then run this again"
  [ ! -L "$final" ] || fail "$final is a symbolic link: remove it, then run this again"
  [ ! -e "$final" ] || [ -f "$final" ] || fail "$final is not a file: remove it, then run this again"
  sweep "$dir/.$driver".new-* "$dir/.$driver".old-* "$folder"/.cephrbd.new-*
  [ -z "$keep" ] || open_keep
}

# What was in the plugin folder waits as "replaced" until the new binary is in place, and is the
# kept one from then on. So a run that is killed in between loses neither of the two.
open_keep() {
  case $keep in
    /*) ;;
    *) misused "--keep $keep is no absolute path" ;;
  esac
  above=$keep
  while [ ! -d "$above" ]; do
    above=${above%/*}
    above=${above:-/}
  done
  case $(cd -P "$above" && pwd)/ in
    "$dir"/*) fail "$keep is inside $dir, which kubelet watches: keep previous binaries elsewhere" ;;
  esac
  try "make $keep$dir" mkdir -p "$keep$dir"
  kept=$keep$dir/cephrbd
  replaced=$keep$dir/cephrbd.replaced
  sweep "$keep$dir"/.cephrbd.new-*
  [ ! -f "$replaced" ] || settle_keep
}

settle_keep() {
  if cmp -s "$replaced" "$final"; then
    try "remove $replaced" rm -f "$replaced"
  else
    try "keep $kept" mv -f "$replaced" "$kept"
  fi
  try "write $keep$dir to the disk" sync "$keep$dir"
}

save_current() {
  if [ -n "$keep" ] && [ -f "$final" ]; then
    keep_stage=$keep$dir/.cephrbd.new-$me
    copy "$final" "$keep_stage"
    try "keep $replaced" mv -f "$keep_stage" "$replaced"
    try "write $keep$dir to the disk" sync "$keep$dir"
  fi
}

# place BINARY: a name without a leading dot appears only by a rename of what is complete.
place() {
  if [ -f "$final" ] && cmp -s "$1" "$final" && [ "$(stat -c %a:%u:%g "$final")" = 755:0:0 ]; then
    printf 'unchanged %s\n' "$final"
    return 0
  fi
  if [ -d "$folder" ]; then
    verb=installed
    [ ! -f "$final" ] || verb=replaced
    stage=$folder/.cephrbd.new-$me
    copy "$1" "$stage"
    save_current
    try "put $final in its place" mv -f "$stage" "$final"
    try "write $folder to the disk" sync "$folder"
  else
    # An empty driver's folder would be a failing driver to kubelet: it comes with the binary.
    verb=installed
    stage=$dir/.$driver.new-$me
    try "make $stage" mkdir "$stage"
    try "set the mode of $stage" chmod 0755 "$stage"
    try "make $stage root's" chown 0:0 "$stage"
    copy "$1" "$stage/cephrbd"
    try "write $stage to the disk" sync "$stage"
    try "put $folder in its place" mv "$stage" "$folder"
    # If somebody who does not lock made the folder in between, mv has moved into it.
    if [ -e "$folder/${stage##*/}" ]; then
      try "remove $folder/${stage##*/}" rm -rf "$folder/${stage##*/}"
      fail "something else made $folder at the same time: run this again"
    fi
  fi
  try "write $dir to the disk" sync "$dir"
  [ -z "$keep" ] || [ ! -f "$replaced" ] || settle_keep
  printf '%s %s\n' "$verb" "$final"
}

put() {
  if [ ! -f "$1" ] || [ ! -s "$1" ]; then
    fail "$1 is no file, or empty: name the driver's binary"
  fi
  try "make $2" mkdir -p "$2"
  open_dir "$2"
  place "$1"
}

back() {
  [ -n "$keep" ] || misused 'back needs --keep DIR'
  open_dir "$1"
  [ -f "$kept" ] || fail "no previous binary is kept in $kept: nothing can be put back"
  place "$kept"
}

# One rename, so kubelet sees the driver go at once; its contents are removed out of sight.
take() {
  if [ ! -d "$1" ]; then
    printf 'absent %s\n' "$1/$driver/cephrbd"
    return 0
  fi
  open_dir "$1"
  if [ ! -e "$folder" ]; then
    printf 'absent %s\n' "$final"
    return 0
  fi
  others=$(find "$folder" -mindepth 1 -maxdepth 1 ! -name cephrbd)
  [ -z "$others" ] || fail "$folder holds what is not the driver's (${others%%"$newline"*}): move it away, then run this again"
  save_current
  stage=$dir/.$driver.old-$me
  try "rename $folder" mv "$folder" "$stage"
  try "write $dir to the disk" sync "$dir"
  [ -z "$keep" ] || [ ! -f "$replaced" ] || settle_keep
  try "remove $stage" rm -rf "$stage"
  printf 'removed %s\n' "$final"
}

# named_dirs: those of /etc/default/cephrbd, which is shell.
named_dirs() {
  [ -f "$root/etc/default/cephrbd" ] || return 0
  names=$(
    PLUGIN_DIRS=
    # shellcheck source=/dev/null
    . "$root/etc/default/cephrbd" >&2
    printf '%s' "$PLUGIN_DIRS"
  ) || fail "$root/etc/default/cephrbd cannot be read as shell: correct it"
  for name in $names; do
    case $name in
      /*) printf '%s\n' "$name" ;;
      *) fail "$root/etc/default/cephrbd: PLUGIN_DIRS names $name, which is no absolute path: correct it" ;;
    esac
  done
}

# config_dir FILE: volumePluginDir of a KubeletConfiguration, in YAML or JSON.
config_dir() {
  sed -n -e 's/^volumePluginDir:[[:space:]]*//p' \
    -e 's/^[^#]*"volumePluginDir"[[:space:]]*:[[:space:]]*\("[^"]*"\).*/\1/p' "$1" |
    sed -n -e 's/^"\([^"]*\)".*/\1/' -e "s/^'\([^']*\)'.*/\1/" -e 's/[[:space:]]*#.*//' \
      -e 's/[[:space:]]*$//' -e '$p'
}

# absolute PATH PROCESS: as the process means it.
absolute() {
  case $1 in
    /*) printf '%s\n' "$1" ;;
    *) printf '%s/%s\n' "$(readlink "$2/cwd")" "$1" ;;
  esac
}

# process_dir PROCESS (a folder of /proc): the plugin folder of this kubelet. An argument wins
# over the config.
process_dir() {
  tr '\000' '\n' <"$1/cmdline" | {
    found=
    config=
    drop_ins=
    previous=
    while IFS= read -r argument; do
      case $previous in
        --volume-plugin-dir) found=$argument ;;
        --config) config=$argument ;;
        --config-dir) drop_ins=$argument ;;
      esac
      case $argument in
        --volume-plugin-dir=*) found=${argument#*=} ;;
        --config=*) config=${argument#*=} ;;
        --config-dir=*) drop_ins=${argument#*=} ;;
      esac
      previous=$argument
    done
    if [ -z "$found" ]; then
      [ -z "$config" ] || config=$root$(absolute "$config" "$1")
      [ -z "$drop_ins" ] || drop_ins=$root$(absolute "$drop_ins" "$1")
      for file in "$config" "$drop_ins"/*.conf; do
        [ ! -f "$file" ] || {
          inside=$(config_dir "$file")
          found=${inside:-$found}
        }
      done
    fi
    absolute "${found:-$default_dir}" "$1"
  }
}

# is_kubelet PROCESS: root's program of that name, with the same files as the node's first process.
is_kubelet() {
  { tr '\000' '\n' <"$1/cmdline"; } 2>/dev/null | {
    IFS= read -r program || exit 1
    IFS= read -r verb || verb=
    case ${program##*/} in
      kubelet) ;;
      hyperkube) [ "$verb" = kubelet ] || exit 1 ;;
      *) exit 1 ;;
    esac
  } || return 1
  [ "$(stat -c %u "$1" 2>/dev/null)" = 0 ] || return 1
  [ "$(readlink "$1/ns/mnt")" = "$(readlink "$root/proc/1/ns/mnt")" ] || {
    printf 'place.sh: kubelet %s has files of its own (a container?) and is not looked at: name its folder in /etc/default/cephrbd\n' "${1##*/}" >&2
    return 1
  }
}

find_dirs() {
  dirs=$(named_dirs)
  if [ -z "$dirs" ]; then
    # shellcheck disable=SC2013 # names of /proc have no blanks
    for process in $(grep -l kubelet "$root"/proc/[0-9]*/cmdline 2>/dev/null); do
      process=${process%/cmdline}
      ! is_kubelet "$process" || dirs=$dirs$(process_dir "$process")$newline
    done
  fi
  if [ -z "$dirs" ]; then
    for known in $default_dir $moved_dirs; do
      [ ! -d "$root$known" ] || dirs=$dirs$known$newline
    done
  fi
  printf '%s\n' "${dirs:-$default_dir}" | awk 'NF && !seen[$0]++'
}

trap clean_up EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

keep=
root=
first=
second=
verb=${1:-}
[ $# -eq 0 ] || shift
while [ $# -gt 0 ]; do
  case $1 in
    --keep | --root)
      [ -n "${2:-}" ] || misused "$1 needs a folder"
      case $verb$1 in
        find--root) root=${2%/} ;;
        put--keep | take--keep | back--keep) keep=${2%/} ;;
        *) misused "$1 does not go with $verb" ;;
      esac
      shift
      ;;
    -h | --help)
      help
      exit 0
      ;;
    -*) misused "$1 is unknown" ;;
    *)
      [ -z "$second" ] || misused "$1 is too much"
      [ -z "$first" ] && first=$1 || second=$1
      ;;
  esac
  shift
done

case $verb in
  put) [ -n "$second" ] || misused 'put needs BINARY and PLUGIN_DIR' ;;
  take | back)
    [ -n "$first" ] || misused "$verb needs a PLUGIN_DIR"
    [ -z "$second" ] || misused "$verb needs one PLUGIN_DIR: $second is too much"
    ;;
  find) [ -z "$first" ] || misused "find takes no $first" ;;
  -h | --help | help)
    help
    exit 0
    ;;
  *) misused "${verb:-nothing} is no verb" ;;
esac
[ "$verb" = find ] || [ "$(id -u)" = 0 ] || fail 'only root can do this'
case $verb in
  put) put "$first" "$second" ;;
  take) take "$first" ;;
  back) back "$first" ;;
  find) find_dirs ;;
esac
