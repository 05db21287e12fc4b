# shellcheck shell=bash
# Pods, and what there is of them on the node and in the cluster. Needs node.sh and lib.sh.
# shellcheck disable=SC2154

# pod NAME OPTIONS [GROUP]: puts its manifest. OPTIONS: an object, of the flexVolume.
pod() {
  local text
  text=$(jq -n --arg name "$1" --argjson options "$2" --argjson group "${3:-null}" --arg command "${command:-}" '{
    apiVersion: "v1", kind: "Pod", metadata: {name: $name, namespace: "default"},
    spec: {
      hostNetwork: true, terminationGracePeriodSeconds: 1, enableServiceLinks: false,
      securityContext: (if $group then {fsGroup: $group} else {} end),
      containers: [{name: "main", image: "localhost/box:1", imagePullPolicy: "Never",
        volumeMounts: [{name: "data", mountPath: "/data"}]}
        + (if $command == "" then {} else {command: ["/bin/sh", "-c", $command]} end)],
      volumes: [{name: "data", flexVolume: {driver: "hyper/cephrbd", fsType: "ext4", options: $options}}]
    }}')
  # Names with a dot in front are none to kubelet.
  printf '%s\n' "$text" >"$manifests/.$1.new"
  mv -f "$manifests/.$1.new" "$manifests/$1.json"
}

no_pod() { rm -f "$manifests/$1.json"; }

image_options() { jq -nc --arg image "$1" '{volumeID: $image, pool: "hyper", size: "64Mi"}'; }

# of_pod NAME PATH: what jq finds in the pod as kubelet tells it.
of_pod() { pods | jq -er --arg name "$1-$node" ".[] | select(.metadata.name == \$name) | $2"; }
uid_of() { of_pod "$1" '.metadata.uid'; }
container_of() { of_pod "$1" '.status.containerStatuses[0] | select(.state.running) | .containerID'; }
runs() { [[ $(of_pod "$1" '.status.containerStatuses[0] | select(.state.running) | .restartCount' 2>/dev/null) == 0 ]]; }
all_run() {
  local name
  for name; do
    runs "$name" || return 1
  done
}
volume_dir() { printf '%s/pods/%s/volumes/hyper~cephrbd/data\n' "$kubelet_dir" "$(uid_of "$1")"; }

comes_up() { within "${seconds:-120}" "pod $1 runs ($(tail -n 1 "$driver_log" 2>/dev/null))" runs "$1"; }

# gone UID…: neither a folder of theirs, nor a container is left.
gone() {
  local uid
  for uid; do
    [[ ! -e $kubelet_dir/pods/$uid ]] || return 1
  done
  [[ $(tasks "$@") == 0 ]]
}

# tasks UID…: how many of the running containers are theirs, sandboxes included.
tasks() {
  local found=0 file
  for file in /run/containerd/io.containerd.runtime.v2.task/k8s.io/*/config.json; do
    [[ ! -f $file ]] || ! grep -qF -f <(printf '%s\n' "$@") "$file" || found=$((found + 1))
  done
  printf '%d\n' "$found"
}

# removed NAME…: their manifests are taken away, and the pods end.
removed() {
  local name
  local -a uids=()
  for name; do
    # A kubelet that was just started reads the manifests a moment later.
    within 60 "kubelet knows the pod $name" uid_of "$name" >/dev/null
    uids+=("$(uid_of "$name")")
    no_pod "$name"
  done
  within "${seconds:-120}" "the pods $* are gone" gone "${uids[@]}"
}

# calls VERB [IMAGE]: the driver's own lines about such calls.
calls() {
  [[ -f $driver_log ]] || return 0
  jq -c --arg verb "$1" --arg image "${2:-}" 'select(.Verb == $verb and ($image == "" or .Image == "hyper/" + $image))' "$driver_log"
}
formats() { calls mount "$1" | grep -c 'write the superblock' || true; }

mounts_at() { awk -v dir="$1" '$5 == dir' /proc/self/mountinfo | wc -l; }
driver_mounts() { awk '/ - tmpfs cephrbd / { print $5 }' /proc/self/mountinfo; }

# One tag, whole, for root alone, in memory.
has_tag() {
  local dir tag seen
  dir=$(volume_dir "$1")
  tag=$dir/hyper-flexvolume.json
  expect "mode and owner of $1's tag" '600 0 0' "$(stat -c '%a %u %g' "$tag")"
  expect "file system of $1's tag" tmpfs "$(stat -f -c %T "$tag")"
  expect "mounts at $dir" 1 "$(mounts_at "$dir")"
  seen=$(jq -r '.cephRBDOptsData | "\(.pool)/\(.volumeID) \(.user) \(.keyring) \(.monitors | join(" "))"' "$tag")
  [[ $seen == "hyper/$2 cephrbd $(ceph_key) $address:6789" ]] || fail "$1's tag: $(jq -c '.cephRBDOptsData.keyring = "(the key)"' "$tag")"
}

ceph_key() { sed -n 's/^[[:space:]]*key = //p' /etc/ceph/ceph.client.cephrbd.keyring; }

# What a pod leaves in the cluster while it runs, or of a call cut off. A note that is marked so outlasts
# its use in runtime host, and reserves nothing.
reserved() {
  local object
  timeout 20 rados -p hyper ls | while read -r object; do
    [[ $object != cephrbd.* || $(timeout 20 rados -p hyper get "$object" - | tr -d '\0') == *'"exclusiveLock":true'* ]] ||
      printf '%s\n' "$object"
  done
}
reservations() { reserved | wc -l; }
images() { timeout 20 rbd -p hyper ls; }
watchers() { timeout 20 rbd status "hyper/$1" | grep -c 'watcher=' || true; }

# Each object with its size and the time of its last change.
objects() {
  timeout 20 rados -p hyper ls | sort | while read -r object; do
    timeout 20 rados -p hyper stat "$object"
  done
}

# sound IMAGE: its file system is whole.
sound() {
  rm -f "$work/export"
  timeout 60 rbd export --no-progress "hyper/$1" "$work/export"
  timeout 60 e2fsck -f -n "$work/export" >"$work/export.said" 2>&1 || fail "e2fsck of $1: $(<"$work/export.said")"
  rm -f "$work/export"
}

# unmount waits 15 seconds for the cluster to take a reservation back; what it did not take in that
# time stays, and is in nobody's way. The driver's log has that step's time.
given_back() {
  local left told
  left=$(reservations)
  told=$(jq -r '.Steps // ""' "$driver_log" | grep -oE 'give the reservation back [0-9.]+' | awk '$5 >= 14900' | wc -l) || true
  ((left <= told)) ||
    fail "reservations and locks in the pool: $(reserved | xargs)"
}

no_pod_folder() { [[ -z $(ls -A "$kubelet_dir/pods") ]]; }

# None of the driver's mounts and files, nothing of it in the cluster but images.
nothing_left() {
  expect 'mounts of the driver' '' "$(driver_mounts)"
  # A kubelet that has just started may make the folder of a pod that has ended anew, and takes it away again.
  within 30 "pods' folders are gone ($(ls -Am "$kubelet_dir/pods"))" no_pod_folder
  expect 'tags' '' "$(find "$kubelet_dir" /run/cephrbd -name 'hyper-flexvolume.json*' -o -name '.cephrbd-volume.json*')"
  expect 'stages' '' "$(find /run/cephrbd/stage -mindepth 1 2>/dev/null)"
  expect 'processes of the driver' '' "$(pgrep -f 'hyper~cephrbd/cephrbd' || true)"
  given_back
  local image
  for image in $(images); do
    expect "watchers of $image" 0 "$(watchers "$image")"
  done
}
