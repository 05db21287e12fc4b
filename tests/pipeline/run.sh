#!/usr/bin/env bash
# The whole pipeline on real nodes: docs/deployment.md from its first block to its last, what may
# happen afterwards, and the guide's FAQ. The last line is "pipeline: N passed, N failed".
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=deploy/lib/common.sh
. "$root/deploy/lib/common.sh"
here=$root/tests/pipeline
# shellcheck source=tests/pipeline/lib.sh
. "$here/lib.sh"
# shellcheck source=tests/pipeline/prepare.sh
. "$here/prepare.sh"
# shellcheck source=tests/pipeline/document.sh
. "$here/document.sh"
# shellcheck source=tests/pipeline/events.sh
. "$here/events.sh"
# shellcheck source=tests/pipeline/faq.sh
. "$here/faq.sh"
# shellcheck source=tests/pipeline/killed.sh
. "$here/killed.sh"

usage() {
  cat <<'TEXT'
usage: run.sh [--keep] [--document-only]

Needs artifacts/packages (./build.sh publish package). Three nodes follow docs/deployment.md;
two others run its scripts while these are killed.

  --keep           leaves the nodes of the document up, and says where
  --document-only  ends when the document was followed
TEXT
}

keep=
document_only=
for argument; do
  case $argument in
    --keep) keep=yes ;;
    --document-only) document_only=yes ;;
    -h | --help)
      usage
      exit
      ;;
    *)
      usage >&2
      exit 2
      ;;
  esac
done
artifacts=${CEPHRBD_ARTIFACTS:-$root/artifacts}
for wanted in "$artifacts"/packages/cephrbd-*-linux-x64.tar.gz "$artifacts"/packages/cephrbd_*_amd64.deb; do
  [[ -f $wanted ]] || die "there is no $wanted: ./build.sh publish package"
done

owner=$$
work=$(mktemp -d "${TMPDIR:-/tmp}/cephrbd-pipeline.XXXXXX")
mkdir "$work/log"
nodes=$work/nodes
# shellcheck source=tests/pipeline/guest.sh
. "$here/guest.sh"
killed_pid=

finish() {
  local status=$?
  trap - EXIT
  set +e
  if [[ -n $killed_pid ]]; then
    kill -TERM "$killed_pid" 2>/dev/null
    wait "$killed_pid" 2>/dev/null
  fi
  "$root/deploy/lab/nodes/nodes.sh" down --dir "$work/killed" || status=1
  if [[ -n $keep ]]; then
    printf 'the nodes are up: deploy/lab/nodes/nodes.sh run --dir %s node1 bash\n' "$work/nodes"
  else
    bench down || status=1
    rm -rf --one-file-system "$work"
  fi
  ((status == 0 || failed > 0)) || failed=1
  printf 'pipeline: %d passed, %d failed\n' "$passed" "$failed"
  ((failed == 0)) || exit 1
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# counted NAME FUNCTION: to be run in the background.
counted() {
  # shellcheck disable=SC2064 # the name is meant now
  trap "report $1" EXIT
  trap 'exit 143' TERM
  # shellcheck disable=SC2030
  passed=0 failed=0
  "$2"
}

# A stage runs in a shell of its own, so that what cannot go on ends nothing else.
stage() {
  local name=$1 status=0
  shift
  step "$name"
  counted "$name" "$@" &
  wait $! || status=$?
  add_counts "$name" "$status"
}

# A stage that ended without its counts has failed.
add_counts() {
  local good=0 bad=1
  [[ ! -f $work/counts.$1 ]] || read -r good bad <"$work/counts.$1"
  (($2 == 0 || bad > 0)) || bad=1
  # shellcheck disable=SC2031
  passed=$((passed + good))
  # shellcheck disable=SC2031
  failed=$((failed + bad))
}

document_stage() {
  need 'three nodes' bench up --net guide --owner "$owner"
  need 'what the guide finds there' prepare_all
  need 'a machine with a kernel of its own' guest_up
  follow_document "$root/docs/deployment.md"
  try 'once more: no change, the same keys' follow_once_more
  healthy 60
}

events_stage() {
  need 'a pod of runtime hyper' long_pod_begins
  need 'FAQ 2, and a pod of runtime host' guest_scenario write 200
  for name in node1 node2 node3; do
    try "$name reboots" node_reboots "$name"
  done
  try 'FAQ 3: the address is there after the reboot' finds node1 api-server ok
  try 'node2 is cut off, and comes back' cut_off
  try 'an OSD is lost, and comes back' osd_lost
  try 'a monitor is lost, and comes back' monitor_lost
  try 'FAQ 1: all OSDs lose their disks' osds_lose_their_disks
  try 'FAQ 1: doctor tells' faq1_told
  try 'FAQ 1: the remedy helps' faq1_cured
  try 'the pod of runtime hyper, after all this' long_pod_ends
  try 'the data of the pod of runtime host, after all this' guest_scenario read 120
  try 'no key is told' no_key_told
}

stage document document_stage
if ((failed == 0)) && [[ -z $document_only ]]; then
  # Two benches at a time: most of what happens to a cluster is waited for.
  step 'killed (on nodes of its own, at the same time; told afterwards)'
  nodes=$work/killed counted killed killed_stage >"$work/killed.out" 2>&1 &
  killed_pid=$!
  stage events events_stage
  status=0
  wait "$killed_pid" || status=$?
  killed_pid=
  step 'killed'
  cat "$work/killed.out"
  add_counts killed "$status"
fi
step 'the pipeline is done'
