#!/usr/bin/env bash
# An image that somebody mapped before is not mapped twice; and to be written to, it is mapped anew,
# for whoever mapped it asked nobody.
# shellcheck source=tests/CephRbd.LabTests/Kernel/lib.sh
. "$(dirname "$0")/lib.sh"

watchers() {
  admin rbd status "hyper/$name" --format json | jq '.watchers | length'
}

mount_pod a "$name" size=64Mi
write_data "$(pod_dir a)"
unmount_pod a
map "$name" >/dev/null
mount_pod a "$name"
find_mount "$(pod_dir a)"
[[ /dev/$(one_device) == "$mount_source" ]] || die "$(one_device) is mapped, and $mount_source mounted"
check_data "$(pod_dir a)"
unmount_pod a
nothing_left "$name"

# To be read only, it is taken as it is.
node=$(map "$name")
mount_pod a "$name" access=ro
[[ /dev/$(one_device) == "$node" ]] || die "$node was mapped, but $(one_device) is used"
check_data "$(pod_dir a)"
unmount_pod a
nothing_left "$name"

# Mapped here by hand and, so nobody was asked, elsewhere too: nothing is mounted, and nothing unmapped there.
map "$name" >/dev/null
rbd -c "$share/ceph.conf" bench --io-type read --io-size 4K --io-threads 1 --io-total 100G --io-pattern rand "hyper/$name" >/dev/null 2>&1 &
other=$!
until [[ $(watchers) == 2 ]]; do
  kill -0 "$other" || die 'the second client ended'
  sleep 0.2
done
fail mount "$(pod_dir a)" "$(options "$name" volume=data pod=a)" -- "hyper/$name is in use" 'by no mount of this driver'
kill "$other"
wait "$other" || true
# If it did not say good-bye, it is listed for 30 s.
until [[ $(watchers) == 0 ]]; do
  sleep 0.5
done
[[ -z $(devices) ]] || die "$(devices) is mapped still"
mount_pod a "$name"
unmount_pod a
nothing_left "$name"

# A snapshot's device is not the image's.
admin rbd snap create --no-progress "hyper/$name@s"
node=$(map "$name@s")
mount_pod a "$name"
find_mount "$(pod_dir a)"
[[ $mount_source != "$node" && ,$mount_options, == *,rw,* ]] || die 'the snapshot is mounted'
printf 'x\n' >"$(pod_dir a)/written"
unmount_pod a
[[ /dev/$(one_device) == "$node" ]] || die "the snapshot's device is gone"
unmap "$node"
nothing_left "$name"
