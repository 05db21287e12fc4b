#!/usr/bin/env bash
# A real kubelet and containerd use the driver on a real cluster: docs/e2e.md. All of it runs in
# namespaces and control groups of its own. The last line is "N passed, N failed".
set -euo pipefail
umask 022

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
here=$root/tests/e2e
# shellcheck source=deploy/lib/common.sh
. "$root/deploy/lib/common.sh"
# shellcheck source=deploy/lib/groups.sh
. "$root/deploy/lib/groups.sh"

usage() {
  cat <<'TEXT'
usage: run.sh [STAGE…]

Needs CEPHRBD_BINARY (the driver), and a cached kubelet (tests/e2e/kubelet.sh). Stages:
serve restart upgrade many bad killed host; all of them without any. The cluster and the
node are made anew each time.

CEPHRBD_E2E_KILLS   how often kubelet is killed within a mount (default 4)
CEPHRBD_E2E_KEEP    not empty: leaves the logs, and says where
TEXT
}

stages=(serve restart upgrade many bad killed host)
case ${1:-} in
  -h | --help)
    usage
    exit
    ;;
esac
for argument; do
  [[ " ${stages[*]} " == *" $argument "* ]] || {
    usage >&2
    exit 2
  }
done
(($# == 0)) || stages=("$@")
((EUID == 0)) || die 'only root can make namespaces and mounts'
[[ -x ${CEPHRBD_BINARY:-} ]] || die 'CEPHRBD_BINARY names no driver: ./build.sh e2e builds one'
kubelet=$("$here/kubelet.sh" --cached) || die 'there is no cached kubelet: ./build.sh e2e builds it'
[[ -d /sys/fs/cgroup/cpuset ]] || die 'this machine has no control groups of version 1 (kernel parameter systemd.unified_cgroup_hierarchy=0)'

group=cephrbd-test-e2e-$$
work=
passed=0
failed=0
child=

# All of them, not only those that systemd uses: kubelet and runc go into each.
hierarchies() { awk '$3 == "cgroup" || $3 == "cgroup2" { print $2 }' /proc/mounts; }

finish() {
  local status=$? path
  trap - EXIT
  set +e
  # With it ends the first process of the namespaces, and with that all the others.
  [[ -z $child ]] || kill -KILL "$child" 2>/dev/null
  remove_groups "$group" || status=1
  # Of runs that were killed.
  while read -r path; do
    for path in "$path"/cephrbd-test-e2e-*; do
      [[ ! -d $path || -e /proc/${path##*-} ]] || remove_groups "${path##*/}"
    done
  done < <(hierarchies)
  if [[ -n $work && -f $work/counts ]]; then
    read -r passed failed <"$work/counts"
  fi
  ((status == 0 || failed > 0)) || failed=1
  if [[ -n $work && -n ${CEPHRBD_E2E_KEEP:-} ]]; then
    printf 'the logs are in %s: log, varlog, guest/log\n' "$work"
  elif [[ -n $work ]]; then
    rm -rf --one-file-system "$work" || failed=$((failed + 1))
  fi
  printf '%d passed, %d failed\n' "$passed" "$failed"
  ((failed == 0)) || exit 1
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

work=$(mktemp -d "${TMPDIR:-/tmp}/cephrbd-e2e-XXXXXX")

# cpuset takes nobody in before it has processors and memory.
while read -r hierarchy; do
  mkdir "$hierarchy/$group"
  for file in cpuset.cpus cpuset.mems; do
    [[ ! -e $hierarchy/$file ]] || cat "$hierarchy/$file" >"$hierarchy/$group/$file"
  done
done < <(hierarchies)

# Entered by the child alone: what is left in there at the end is ended.
enter() {
  trap - EXIT INT TERM HUP
  enter_group "$group"
  exec unshare --mount --propagation private --net --uts --ipc --pid --cgroup --fork --kill-child=KILL --mount-proc \
    env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME="$work/home" TMPDIR="$work/tmp" LC_ALL=C.UTF-8 \
    CEPHRBD_E2E_KILLS="${CEPHRBD_E2E_KILLS:-4}" DRIVER="$(realpath "$CEPHRBD_BINARY")" KUBELET="$kubelet" \
    "$here/inside.sh" "$work" "${stages[@]}"
}
mkdir "$work"/{home,tmp,log}
enter </dev/null &
child=$!
status=0
wait "$child" || status=$?
child=
((status == 0))
