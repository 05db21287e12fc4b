#!/usr/bin/env bash
# A node that stops with volumes of both runtimes mounted, and comes back: run twice. What is
# on disk is there again, what was in memory is gone. kubelet's calls succeed at once, although
# the dead kernel's watchers are still listed; another node gets nothing meanwhile.
# shellcheck source=tests/CephRbd.LabTests/Kernel/lib.sh
. "$(dirname "$0")/lib.sh"

state=$share/state
pods=$state/pods
staging=$state/staging
mkdir -p "$pods" "$staging"
node() { configure stagingDir="\"$staging\"" nodeName="\"$1\"" "${@:2}"; }

if [[ ! -e $state/stopped ]]; then
  node one
  mount_pod a "$name-1" size=64Mi
  mount_pod b "$name-1"
  mount_pod c "$name-2" size=64Mi
  write_data "$(pod_dir a)"
  write_data "$(pod_dir c)"
  node one runtime='"hyper"'
  mount_pod vm "$name-3" size=64Mi
  sync -f "$(pod_dir a)" "$(pod_dir c)"
  touch "$state/stopped"
  printf '0\n' >"$share/status"
  # At once: nothing is synced, unmounted or told to anybody.
  echo o >/proc/sysrq-trigger
  sleep 30
  die 'the node did not stop'
fi

rm "$state/stopped"
[[ -z $(devices) && ! -e $runtime_dir ]] || die 'the node was not stopped'
watchers=$(admin rbd status "hyper/$name-2" --format json | jq '.watchers | length')
# Another node first: the image is the stopped one's.
if ((watchers > 0)); then
  node two
  fail mount "$(pod_dir x)" "$(options "$name-2" volume=data pod=x)" -- "$name-2" one
  rmdir "$(pod_dir x)"
fi
node one
unmount_pod b
mount_pod a "$name-1"
check_data "$(pod_dir a)"
unmount_pod c
mount_pod c "$name-2"
check_data "$(pod_dir c)"
mount_pod b "$name-1"
node one runtime='"hyper"'
unmount_pod vm
mount_pod vm "$name-3"
[[ $(<"$(pod_dir vm)/hyper-flexvolume.json") == *"$name-3"* ]] || die 'there is no tag'
unmount_pod vm
node one
for pod in a b c; do
  unmount_pod "$pod"
done
printf '%s watchers were left of the stopped node\n' "$watchers"
nothing_mapped
