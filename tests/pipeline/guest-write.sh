# shellcheck shell=bash
# shellcheck disable=SC2154 # guest-begin.sh stands before this
# FAQ 2, and then a pod of runtime host: it writes what the next guest is to read.
if timeout 100 /opt/cephrbd/ceph/7_test_rbd.sh >/run/said 2>&1; then
  echo 'rbd map was called a success without udevd'
  exit 1
fi
cat /run/said
grep -q 6_ensure_udevd.sh /run/said
"$driver" doctor --json >/run/doctor || (($? == 1))
jq -e '.checks[] | select(.name == "udev" and .state == "failed")' /run/doctor
[[ -z $(ls /sys/bus/rbd/devices) ]]
start_udevd
"$driver" doctor --json >/run/doctor || (($? == 1))
jq -e '.checks[] | select(.name == "udev" and .state == "ok")' /run/doctor
/opt/cephrbd/ceph/7_test_rbd.sh

mkdir -p /mnt/pod
call mount /mnt/pod '{"volumeID":"vol-host","size":"1Gi","kubernetes.io/fsType":"ext4"}'
head -c 10000000 /dev/urandom >/mnt/pod/data
sha256sum </mnt/pod/data >/mnt/pod/sum
call unmount /mnt/pod
[[ -z $(ls /sys/bus/rbd/devices) ]]
