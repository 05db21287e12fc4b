# shellcheck shell=bash
# The measurements of runtime host, in a kernel with rbd. Needs run.sh's functions and
# settings, and its network and lab of the place "guest".
# shellcheck disable=SC2154

many=200

# host_options IMAGE: what kubelet passes for a pod's mount of an image that is there.
host_options() {
  printf '{"volumeID":"%s","pool":"hyper","kubernetes.io/fsType":"ext4","kubernetes.io/readwrite":"rw","kubernetes.io/pvOrVolumeName":"data","kubernetes.io/pod.name":"web-0","kubernetes.io/pod.namespace":"default","kubernetes.io/pod.uid":"5d1e4c9a-0c3f-4b0e-9f44-1f2a7c0d9b11"}' "$1"
}

# in_lab TOOL ARG…: on this machine, as the lab's administrator.
in_lab() {
  ip netns exec "$net" "$1" -c "$tmp/guest/lab/ceph.conf" "${@:2}"
}

# formatted_images SIZE NAME…: images with an ext4 of their own.
formatted_images() {
  local file=$tmp/guest/filesystem size=$1 image
  shift
  rm -f "$file"
  truncate -s "$size" "$file"
  mkfs.ext4 -q -F "$file"
  for image; do
    in_lab rbd import --no-progress "$file" "hyper/$image"
  done
  rm "$file"
}

# host_spec NAME VERB ARG…: a call of the driver that succeeds.
host_spec() {
  local place=$tmp/guest name=$1
  shift
  spec "$place/$name" run "$place/cephrbd" --config "$place/host.json" "$@"
  spec "$place/$name" expect '"status":"Success"'
}

# Mounts and unmounts of a formatted image in turn, the driver's and Ceph's own tool's; and
# the same beside many mounted volumes.
measure_host() {
  local place=$tmp/guest dir=/mnt/pod rounds=21 n
  step 'runtime host: mount and unmount'
  [[ -z $quick ]] || rounds=3
  cat >"$place/host.json" <<JSON
{
  "runtime": "host",
  "pool": "hyper",
  "user": "${entity#client.}",
  "confFile": "$place/lab/ceph.conf",
  "keyringFile": "$place/lab/ceph.$entity.keyring",
  "logFile": "/run/cephrbd.log",
  "runDir": "/run/cephrbd",
  "scratchDir": "/run/scratch",
  "stagingDir": "/mnt/staging"
}
JSON
  formatted_images 1G host by-hand
  formatted_images 16M $(seq -f 'many-%g' "$many")
  cp "$here/by-hand.sh" "$place/"
  host_spec host-mount mount "$dir" "$(host_options host)"
  host_spec host-unmount unmount "$dir"
  spec "$place/hand-mount" run /bin/sh "$place/by-hand.sh" mount "$place/lab/ceph.conf" by-hand /mnt/hand
  spec "$place/hand-unmount" run /bin/sh "$place/by-hand.sh" unmount "$place/lab/ceph.conf" by-hand /mnt/hand
  host_spec one-of-many mount '/mnt/many-%d' "$(host_options 'many-%d')"
  for n in mount unmount; do
    sed 's/^run --config$/run --verbose\nrun --config/' "$place/host-$n" >"$place/verbose-$n"
    cp "$place/host-$n" "$place/beside-$n"
  done
  cat >"$place/guest.sh" <<GUEST
set -euo pipefail
cd $place
mkdir /mnt/pod /mnt/hand
for n in {1..$many}; do mkdir /mnt/many-\$n; done
./spawn -n $rounds -w 2 host-mount host-unmount hand-mount hand-unmount
./spawn -n 11 -w 0 -o $place/host.steps verbose-mount verbose-unmount
./spawn -n $many -w 0 one-of-many
set -- /sys/bus/rbd/devices/*
((\$# == $many))
./spawn -n $rounds -w 2 beside-mount beside-unmount
GUEST
  attended "$uml" run --share "$place" --net "$net" --addr 172.16.4.102/24 --mem 1G --seconds 900 || {
    cat "$place/output" >&2
    die 'the measurements of runtime host failed'
  }
  mv "$place/output" "$tmp/host.out"
  # The calls are in turn mounts and unmounts.
  awk -v dir="$tmp" '{ print >(dir "/host-" (calls % 2 ? "unmount" : "mount") ".steps") } /^\{"status"/ { calls++ }' "$place/host.steps"
}

# host_rows: the lines of the table.
host_rows() {
  local driver other
  driver=$(median "$tmp/host.out" host-mount 2)
  other=$(median "$tmp/host.out" hand-mount 2)
  row 'runtime host: mount of a formatted image' "$(ms "$driver")" 'rbd status, rbd map -o noudev, blkid, mount' "$(ms "$other")" "$(ratio "$other" "$driver")" 'at least' 1.5
  driver=$(median "$tmp/host.out" host-unmount 2)
  other=$(median "$tmp/host.out" hand-unmount 2)
  row 'runtime host: its unmount' "$(ms "$driver")" 'umount, rbd unmap -o noudev' "$(ms "$other")" "$(ratio "$other" "$driver")" 'at least' 2
  driver=$(median "$tmp/host.out" beside-mount 2)
  other=$(median "$tmp/host.out" host-mount 2)
  row "runtime host: mount beside $many mounted volumes" "$(ms "$driver")" 'the same with none' "$(ms "$other")" "$(ratio "$driver" "$other")" 'at most' 1.5
}
