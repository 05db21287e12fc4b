#!/usr/bin/env bash
# The first process of the namespaces that run.sh makes: the cluster, the node, and the stages.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
here=$root/tests/e2e
work=$1
shift
# shellcheck source=deploy/lib/common.sh
. "$root/deploy/lib/common.sh"
# shellcheck source=deploy/lib/process.sh
. "$root/deploy/lib/process.sh"
# shellcheck source=tests/e2e/lib.sh
. "$here/lib.sh"
# shellcheck source=tests/e2e/node.sh
. "$here/node.sh"
# shellcheck source=tests/e2e/pods.sh
. "$here/pods.sh"
# shellcheck source=tests/e2e/stages.sh
. "$here/stages.sh"
# shellcheck source=tests/e2e/faults.sh
. "$here/faults.sh"
# shellcheck source=tests/e2e/host.sh
. "$here/host.sh"

# The first of a process namespace gets no signal that it has no trap for.
trap 'exit 143' TERM INT HUP

node_up() {
  lay_out
  "$root/deploy/lab/lab.sh" up --dir "$work/lab" --addr "$address"
  cp "$work/lab"/{ceph.conf,ceph.client.admin.keyring,ceph.client.cephrbd.keyring} /etc/ceph/
  containerd_up
}

# Stage by stage; a stage's own shell lets a need end it alone.
run_stage() {
  local status=0
  step "$1"
  (
    "${1}_stage"
  ) &
  wait $! || status=$?
  read -r passed failed <"$work/counts"
  if ((status != 0 && failed == 0)); then
    failed=$((failed + 1))
    printf 'not ok - stage %s ended with %d\n' "$1" "$status"
    count
  fi
}

tell_why() {
  local status=$?
  exec 1>&3 2>&1
  tail -n 30 "$work/log/node.log"
  printf 'not ok - the node could not be made (status %d)\n' "$status"
}
trap tell_why EXIT
exec 3>&1 4>&2 >"$work/log/node.log" 2>&1
node_up
exec 1>&3 2>&4 3>&- 4>&-
trap - EXIT
count
for each; do
  run_stage "$each"
done
step 'the stages are done'
