# shellcheck shell=bash
# What the scenarios share. A scenario is guest.sh of a user-mode kernel (deploy/lab/uml):
# it runs as root, beside the driver and the lab's files, and calls the driver as kubelet
# does. Starting a program is slow in there, so much is done by the shell itself.
set -Eeuo pipefail

share=$(cd "$(dirname "$0")" && pwd)
# Images are named by the scenario: all scenarios share one lab.
name=$(<"$share/name")
key=$(<"$share/key")
pods=/mnt/pods
staging=/mnt/staging
runtime_dir=/run/cephrbd
log_file=/var/log/cephrbd/cephrbd.log
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export CEPHRBD_CONFIG=/run/config.json
unset CEPH_CONF CEPH_ARGS CEPH_KEYRING

# What is mapped and mounted, for who reads a failure.
show_state() {
  printf -- '--- devices: %s\n--- mounts:\n' "$(devices | xargs)"
  grep -E " (/mnt/|$runtime_dir)" /proc/self/mountinfo || true
  printf -- '--- processes:\n'
  ps --ppid 2 -p 2 -N -o pid,ppid,stat,wchan:20,args
  if [[ -e $log_file ]]; then
    printf -- '--- log:\n'
    tail -n 5 "$log_file"
  fi
  printf -- '--- kernel:\n'
  dmesg | tail -n 15
}

die() {
  trap - ERR
  {
    printf '%s: %s (from line %s)\n' "$name" "$*" "${BASH_LINENO[*]}"
    show_state
  } >&2
  exit 1
}
# shellcheck disable=SC2154 # the two are the trap's own
trap 'failed_line=$LINENO failed_command=$BASH_COMMAND; die "line $failed_line failed: $failed_command"' ERR

# configure [KEY=JSON…]: the driver's config from now on; a later value wins.
configure() {
  local -A config=(
    [runtime]='"host"' [pool]='"hyper"' [user]='"cephrbd"' [confFile]="\"$share/ceph.conf\""
    [keyringFile]="\"$share/ceph.client.cephrbd.keyring\"" [timeoutSeconds]=60 [logFile]="\"$log_file\""
    [runDir]="\"$runtime_dir\"" [scratchDir]='"/run/scratch"' [stagingDir]="\"$staging\""
  )
  local entry text=''
  for entry; do
    config[${entry%%=*}]=${entry#*=}
  done
  for entry in "${!config[@]}"; do
    text+=",\"$entry\":${config[$entry]}"
  done
  printf '{%s}\n' "${text#,}" >"$CEPHRBD_CONFIG"
}

# options IMAGE [KEY=VALUE…]: a volume as kubelet describes it. fsType and access are
# kubelet's own; so is pod, which adds what only mount is told.
options() {
  local entry text="\"volumeID\":\"$1\"" fs=ext4 access=rw
  shift
  for entry; do
    case ${entry%%=*} in
      fsType) fs=${entry#*=} ;;
      access) access=${entry#*=} ;;
      volume) text+=",\"kubernetes.io/pvOrVolumeName\":\"${entry#*=}\"" ;;
      pod) text+=",\"kubernetes.io/pod.name\":\"${entry#*=}\",\"kubernetes.io/pod.namespace\":\"default\",\"kubernetes.io/pod.uid\":\"uid-${entry#*=}\"" ;;
      *) text+=",\"${entry%%=*}\":\"${entry#*=}\"" ;;
    esac
  done
  printf '{%s,"kubernetes.io/fsType":"%s","kubernetes.io/readwrite":"%s"}' "$text" "$fs" "$access"
}

# pod_dir POD: the pod's dir of its volume "data", as kubelet makes it.
pod_dir() {
  local dir=$pods/uid-$1/volumes/hyper~cephrbd/data
  if [[ ! -d $dir ]]; then
    mkdir -p "$dir"
    chmod 0750 "$dir"
  fi
  printf '%s\n' "$dir"
}

# call VERB ARG…: one call, read as kubelet reads it. Sets reply, status, message, device.
call() {
  local exit_status=0
  reply=$(timeout -k 2 110 "$share/cephrbd" "$@" 2>&1 </dev/null) || exit_status=$?
  read_reply "$exit_status" "$*"
}

# read_reply EXIT-STATUS CALL: what a call printed is in reply.
read_reply() {
  local fields
  [[ $reply != *"$key"* ]] || die "the key was printed by: $2"
  (($1 == 0)) || die "exit status $1 of: $2: $reply"
  fields=$(jq -rse 'if length == 1 and (.[0] | type) == "object" then .[0] else error("no object") end
    | "\(.status)\n\(.device // "")\n\(.message // "")"' 2>/dev/null <<<"$reply") || die "not one JSON object from: $2: $reply"
  status='' message=''
  # shellcheck disable=SC2034 # for the scenarios
  device=''
  # shellcheck disable=SC2034 # for the scenarios
  { IFS= read -r status && IFS= read -r device && IFS= read -r -d '' message; } <<<"$fields" || true
}

# A map that is killed within the kernel is broken off without its watch being taken back (Linux 6.1: "failed to
# unwatch: -512"). Until that is over the image is not given to a writer, and kubelet repeats the call.
has_killed=''
is_watched_by_dead() { [[ -n $has_killed && $status == Failure && $message == *'a client that died is gone after 30 s'* ]]; }

# forget_dead POOL/IMAGE: Ceph before 18.2.5 may keep one for ever that was killed while it opened the image.
forget_dead() {
  local header
  printf 'Ceph does not forget a client of %s\n' "$1"
  header=rbd_header.$(admin rbd info "$1" --format json | jq -r .id)
  admin ceph pg repeer "$(admin ceph osd map "${1%%/*}" "$header" -f json | jq -r .pgid)"
}

succeed() {
  local end=$((SECONDS + 45)) forgets=''
  call "$@"
  while is_watched_by_dead; do
    if ((SECONDS >= end)); then
      [[ -z $forgets && $message =~ 'rbd status '([^ \)]+) ]] || break
      forgets=1 end=$((SECONDS + 45))
      forget_dead "${BASH_REMATCH[1]}"
    fi
    printf 'repeated: %s\n' "$message"
    sleep 1
    call "$@"
  done
  [[ $status == Success ]] || die "no Success of: $*: $reply"
}

# fail VERB ARG… -- WORD…: a Failure whose message has each of the words.
fail() {
  local -a words=()
  local -a arguments=()
  while [[ $1 != -- ]]; do
    arguments+=("$1")
    shift
  done
  shift
  words=("$@")
  call "${arguments[@]}"
  [[ $status == Failure ]] || die "no Failure of: ${arguments[*]}: $reply"
  says "${words[@]}"
}

# says WORD…: the last message has each of the words.
says() {
  local word
  for word; do
    [[ $message == *"$word"* ]] || die "\"$word\" is not in: $message"
  done
}

# mount_pod POD IMAGE [KEY=VALUE…] and unmount_pod POD: want Success.
mount_pod() {
  local pod=$1 image=$2
  shift 2
  succeed mount "$(pod_dir "$pod")" "$(options "$image" volume=data pod="$pod" "$@")"
}

unmount_pod() {
  succeed unmount "$(pod_dir "$1")"
}

# devices: the mapped ones, by their nodes' names.
devices() {
  local path
  for path in /sys/bus/rbd/devices/*; do
    [[ ! -e $path ]] || printf 'rbd%s\n' "${path##*/}"
  done
  for path in /sys/block/nbd*/pid; do
    [[ ! -e $path ]] || path=${path%/pid}
    [[ ! -e $path ]] || printf '%s\n' "${path##*/}"
  done
}

# one_device: its name; fails if there is none, or another one.
one_device() {
  local found
  found=$(devices)
  [[ -n $found && $found != *$'\n'* ]] || die "not one device is mapped: ${found:-none}"
  printf '%s\n' "$found"
}

# find_mount DIR: sets mount_root, mount_options, mount_type, mount_source, super_options
# of what is mounted there last; fails if nothing is.
find_mount() {
  local root point per_mount rest found=1
  while read -r _ _ _ root point per_mount rest; do
    [[ $point == "$1" ]] || continue
    found=0
    # shellcheck disable=SC2034 # for the scenarios
    mount_root=$root mount_options=$per_mount
    # shellcheck disable=SC2034 # for the scenarios
    read -r mount_type mount_source super_options <<<"${rest#*- }"
  done </proc/self/mountinfo
  return "$found"
}

mounts_at() {
  local count=0 point
  while read -r _ _ _ _ point _; do
    [[ $point != "$1" ]] || count=$((count + 1))
  done </proc/self/mountinfo
  printf '%s\n' "$count"
}

# nothing_mapped: no device, no mount of the driver's, nothing in the pods' dirs.
nothing_mapped() {
  local found point dir
  found=$(devices)
  [[ -z $found ]] || die "still mapped: $found"
  while read -r _ _ _ _ point _; do
    case $point in
      "$pods"/* | "$staging" | "$staging"/* | /mnt/plugins/*) die "still mounted: $point" ;;
    esac
  done </proc/self/mountinfo
  for dir in "$pods"/*/volumes/hyper~cephrbd/data "$staging"; do
    [[ ! -d $dir || -z $(ls -A "$dir") ]] || die "$dir is not empty: $(ls -Am "$dir")"
  done
}

# nothing_left IMAGE…: and no client has the images open.
nothing_left() {
  local image watchers end forgets
  nothing_mapped
  for image; do
    forgets='' end=$((SECONDS + 45))
    while watchers=$(admin rbd status "hyper/$image" --format json | jq '.watchers | length') &&
      [[ -n $has_killed ]] && ((watchers > 0)); do
      if ((SECONDS >= end)); then
        [[ -z $forgets ]] || break
        forgets=1 end=$((SECONDS + 45))
        forget_dead "hyper/$image"
      fi
      sleep 1
    done
    ((watchers == 0)) || die "$image has $watchers watchers"
  done
}

# admin TOOL ARG…: as the cluster's administrator.
admin() {
  local tool=$1
  shift
  timeout -k 2 100 "$tool" -c "$share/ceph.conf" "$@"
}

# map IMAGE: past the driver. Prints the node.
map() {
  admin rbd map -o noudev "hyper/$1"
}

unmap() {
  admin rbd unmap -o noudev "$1"
}

# write_data DIR: random bytes and their sum; check_data DIR: they are still the same.
write_data() {
  head -c 300000 /dev/urandom >"$1/bytes"
  sha256sum <"$1/bytes" >"$1/sum"
}

check_data() {
  [[ -s $1/sum && $(sha256sum <"$1/bytes") == "$(<"$1/sum")" ]] || die "the data in $1 is not what was written"
}

# uuid_of NODE: of the file system.
uuid_of() {
  blkid -p -o value -s UUID "$1"
}

# key_nowhere: the key is in no device's config, no process's arguments, not in the
# kernel's log and in no file that the driver can have written.
key_nowhere() {
  local file
  # No program gets the key as an argument here, or it would find itself.
  for file in /sys/bus/rbd/devices/*/config_info; do
    [[ ! -e $file || $(<"$file") != *"$key"* ]] || die "the key is in $file"
  done
  no_arguments_hold_key
  [[ $(dmesg) != *"$key"* ]] || die "the key is in the kernel's log"
  file=$(grep -rlsF -f "$share/key" --exclude-dir="${share##*/}" /run /tmp /mnt/staging /var/log /var/tmp /dev/shm || true)
  [[ -z $file ]] || die "the key is in $file"
}

no_arguments_hold_key() {
  local file
  local -a arguments
  for file in /proc/[0-9]*/cmdline; do
    { mapfile -d '' arguments <"$file"; } 2>/dev/null || continue
    [[ ${arguments[*]} != *"$key"* ]] || die "the key is in the arguments of ${file//[^0-9]/}: ${arguments[0]}"
  done
}

# start_verbose VERB ARG…: starts a call that tells its steps on descriptor 3; sets pid.
start_verbose() {
  local pipe=/run/steps
  rm -f "$pipe"
  mkfifo "$pipe"
  "$share/cephrbd" --verbose "$@" >"$pipe" 2>&1 </dev/null &
  pid=$!
  exec 3<"$pipe"
}

# killed_after LINES VERB ARG…: kills the call with -9 after so many steps; fails if it
# was over before. One that meets the watch of a call killed before is repeated.
killed_after() {
  local lines=$1 left line end=$((SECONDS + 60))
  shift
  start_verbose "$@"
  left=$lines
  while ((left > 0)); do
    IFS= read -r line <&3 || line='{'
    left=$((left - 1))
    [[ $line == '{'* ]] || continue
    exec 3<&-
    wait "$pid" || true
    reply=$line
    read_reply 0 "$*"
    [[ $status != Success ]] || return 1
    if ! is_watched_by_dead || ((SECONDS >= end)); then
      die "the call was to succeed: $line"
    fi
    sleep 1
    start_verbose "$@"
    left=$lines
  done
  kill_now
}

# killed_at SECONDS VERB ARG…: the same at a moment of the clock.
killed_at() {
  local seconds=$1
  shift
  "$share/cephrbd" "$@" >/dev/null 2>&1 </dev/null &
  pid=$!
  sleep "$seconds"
  kill_now
}

# moments SECONDS…: these, or as many at random as rounds are asked for.
moments() {
  local left
  if [[ ! -e $share/rounds ]]; then
    printf '%s\n' "$@"
    return
  fi
  for ((left = $(<"$share/rounds"); left > 0; left--)); do
    printf '0.%03d\n' $((RANDOM % 700))
  done
}

kill_now() {
  local alive=0
  has_killed=1
  kill -9 "$pid" 2>/dev/null || alive=1
  exec 3<&-
  wait "$pid" 2>/dev/null || true
  return "$alive"
}

mkdir -p "$pods" /run/scratch
configure
# A driver for arm64 is run from these folders; memory may have been laid over them.
if [[ -e $share/emulation ]]; then
  while IFS= read -r folder; do
    [[ -d $folder ]] || { mkdir -p "$folder" && mount -t hostfs none -o "$folder" "$folder"; }
  done <"$share/emulation"
fi
