#!/usr/bin/env bash
# A real Ceph cluster on this machine, for tests, demos and benchmarks: one monitor,
# one manager, OSDs that keep their data in memory, cephx on, pool "hyper" ready for
# RBD. All of it lives in one folder; /etc and /var are left alone.
set -euo pipefail
umask 077

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=deploy/lib/common.sh
. "$here/../lib/common.sh"
# shellcheck source=deploy/lib/process.sh
. "$here/../lib/process.sh"
# shellcheck source=deploy/lab/ceph.sh
. "$here/ceph.sh"

usage() {
  cat <<'TEXT'
usage: lab.sh up [--dir D] [--addr IP] [--osds N]
       lab.sh down [--dir D]
       lab.sh status [--dir D]

up      starts a cluster in folder D (default artifacts/lab) and waits until it is
        clean. Its last line is CEPH_CONF=D/ceph.conf. The keys are in
        D/ceph.client.admin.keyring and, for pool "hyper" only,
        D/ceph.client.cephrbd.keyring. A cluster that runs already is left as it is.
        IP: an IPv4 address of this machine (default: the first of 127.0.0.1 to
        127.0.0.99 whose monitor ports 3300 and 6789 are free). N: 1 to 9 (default 3).
down    stops what up started, and removes D.
status  lists the daemons; exit 0 when all of them are up.
TEXT
}

dir=$here/../../artifacts/lab
addr=
osds=3
run_dir=
stage=

marker() {
  printf '%s\n' "$dir/.cephrbd-lab"
}

# Sets addr, osds and run_dir as `up` left them.
read_marker() {
  [[ -f $(marker) ]] || return 1
  local key value
  while IFS='=' read -r key value; do
    case $key in
      addr) addr=$value ;;
      osds) osds=$value ;;
      run_dir) run_dir=$value ;;
      *) die "$(marker) is not understood" ;;
    esac
  done <"$(marker)"
  [[ $osds =~ ^[1-9]$ ]] || die "$(marker) is not understood"
}

# Serialises the labs of one machine while they choose an address, and the calls
# for one folder.
lock_machine() {
  local file=/run/cephrbd-lab.lock
  ((EUID == 0)) || file=${TMPDIR:-/tmp}/cephrbd-lab-$EUID.lock
  exec 9>>"$file"
  flock -w 60 9 || die "another lab holds $file for too long"
}

unlock_machine() {
  exec 9>&-
}

lock_dir() {
  exec 8<"$dir"
  flock -w 120 8 || die "another lab.sh is at work in $dir for too long"
}

ports_free() {
  [[ -z $(ss -Hltn "( sport = 3300 or sport = 6789 ) and ( src $1 or src 0.0.0.0 or src [::] )") ]]
}

choose_address() {
  local n
  if [[ -n $addr ]]; then
    [[ $(ip -4 route get "$addr" 2>/dev/null) == local* ]] || die "$addr is not an address of this machine"
    ports_free "$addr" || die "port 3300 or 6789 of $addr is taken"
    return
  fi
  for n in {1..99}; do
    if ports_free "127.0.0.$n"; then
      addr=127.0.0.$n
      return
    fi
  done
  die 'ports 3300 and 6789 are taken on all of 127.0.0.1 to 127.0.0.99'
}

# A UNIX socket's path has at most 107 characters.
choose_run_dir() {
  run_dir=$dir/run
  if ((${#run_dir} > 80)); then
    run_dir=$(mktemp -d /tmp/cephrbd-lab.XXXXXX)
  fi
}

stop_all() {
  local -a pidfiles=()
  mapfile -t pidfiles < <(find "$dir/pid" -type f 2>/dev/null)
  ((${#pidfiles[@]} == 0)) || stop_daemons "$dir/ceph.conf" "${pidfiles[@]}" ||
    die "a daemon of $dir could not be stopped"
}

remove_files() {
  if [[ $run_dir == /tmp/cephrbd-lab.* ]]; then
    rm -rf -- "$run_dir"
  fi
  # The marker goes last: what is left of a removal that failed is still ours.
  find "$dir" -mindepth 1 -maxdepth 1 ! -name .cephrbd-lab -exec rm -rf -- {} +
  rm -f -- "$(marker)"
  rmdir -- "$dir"
}

undo_up() {
  local status=$?
  trap - EXIT INT TERM HUP
  ((status != 0)) || exit 0
  set +e
  if [[ $stage == starting ]]; then
    local file
    for file in "$dir"/log/*; do
      [[ ! -s $file ]] || printf -- '--- %s\n%s\n' "${file##*/}" "$(tail -n 15 "$file")" >&2
    done
    warn 'the lab did not start; its files are removed again'
    (stop_all)
    remove_files
  fi
  exit "$status"
}

announce() {
  printf 'CEPH_CONF=%s/ceph.conf\n' "$dir"
}

need_tools() {
  local tool
  for tool in ceph ceph-authtool ceph-mgr ceph-mon ceph-osd flock ip jq monmaptool rbd setsid ss; do
    command -v "$tool" >/dev/null || die "$tool is missing: ./build.sh setup installs it"
  done
}

up() {
  need_tools
  mkdir -p "$dir"
  lock_dir
  if read_marker; then
    if all_daemons_run; then
      announce
      return
    fi
    [[ -z $(daemons_running) ]] || die "the lab in $dir runs only in part (see status); take it down first"
    step "removing what a former lab left in $dir"
    stop_all
    remove_files
    mkdir -p "$dir"
    lock_dir
  fi
  [[ -z $(ls -A "$dir") ]] || die "$dir holds files that are not a lab's"

  on_exit undo_up
  lock_machine
  choose_address
  choose_run_dir
  printf 'addr=%s\nosds=%s\nrun_dir=%s\n' "$addr" "$osds" "$run_dir" >"$(marker)"
  stage=starting
  mkdir -p "$run_dir" "$dir"/{mon,mgr,osd,pid,log,crash,no-modules}

  local fsid
  fsid=$(</proc/sys/kernel/random/uuid)
  step "monitor on $addr"
  write_conf "$fsid"
  write_keys
  make_mon "$fsid"
  unlock_machine
  step "manager and $osds OSDs"
  launch mgr.x ceph-mgr
  make_osds
  step "waiting for $pg_count clean placement groups"
  wait_until 90 all_pgs_clean || die 'the cluster is not clean after 90 seconds'
  in_lab rbd pool init hyper
  step 'the lab is up'
  stage=complete
  announce
}

down() {
  if [[ ! -e $dir ]]; then
    step "no lab in $dir"
    return
  fi
  [[ -f $(marker) ]] || die "$dir is not a lab's folder"
  lock_dir
  read_marker || return 0
  stop_all
  remove_files
  step "the lab in $dir is down"
}

daemons_running() {
  local name
  for name in $(daemons); do
    daemon_pid "$dir/pid/$name" "$dir/ceph.conf" >/dev/null || continue
    printf '%s\n' "$name"
  done
}

status() {
  local name pid ok=0
  read_marker || die "no lab in $dir"
  for name in $(daemons); do
    if pid=$(daemon_pid "$dir/pid/$name" "$dir/ceph.conf"); then
      printf '%-6s running, pid %s\n' "$name" "$pid"
    else
      printf '%-6s stopped\n' "$name"
      ok=1
    fi
  done
  if [[ -n $(daemon_pid "$dir/pid/mon.a" "$dir/ceph.conf") ]]; then
    printf 'health %s\n' "$(ceph_command health 2>&1 || true)"
    if ! all_osds_up; then
      printf 'not every OSD is up in the cluster\n'
      ok=1
    fi
  fi
  announce
  return "$ok"
}

verb=${1:-help}
(($# == 0)) || shift
while (($# > 0)); do
  need_value "$1" $#
  case $verb:$1 in
    up:--dir | down:--dir | status:--dir) dir=$2 ;;
    up:--addr) addr=$2 ;;
    up:--osds) osds=$2 ;;
    *) die "$verb: option $1 is unknown" ;;
  esac
  shift 2
done
dir=$(realpath -m -- "$dir")
[[ $dir =~ ^[A-Za-z0-9/._+-]+$ && $dir != / ]] || die 'the folder may have only letters, digits and / . _ + - in its name'
[[ -z $addr || $addr =~ ^([0-9]{1,3}\.){3}[0-9]{1,3}$ ]] || die "--addr $addr is not an IPv4 address"
[[ $osds =~ ^[1-9]$ ]] || die '--osds must be 1 to 9'

case $verb in
  up) up ;;
  down) down ;;
  status) status ;;
  help | -h | --help) usage ;;
  *)
    usage >&2
    exit 2
    ;;
esac
