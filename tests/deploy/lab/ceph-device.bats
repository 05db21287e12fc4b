#!/usr/bin/env bats
# 7_test_rbd.sh in a real kernel with rbd: first without udevd, then with it

load ../stubs

folder=$BATS_TEST_DIRNAME/../../../deploy

setup_file() {
  base=$(mktemp -d "${BATS_TMPDIR:-/tmp}/cephrbd-device.XXXXXX")
  # A test run that is killed finds such networks by the process in their name.
  net=cephrbd-test-device-$$
  export base net
  "$folder/lab/uml/uml.sh" net up "$net" 172.16.4.101/24
  ip netns exec "$net" "$folder/lab/lab.sh" up --dir "$base/lab" --addr 172.16.4.101 3>&- >&2
  mkdir "$base/share"
  sed '/^keyring = .*name.keyring/d' "$base/lab/ceph.conf" >"$base/share/ceph.conf"
  cp "$base/lab/ceph.client.cephrbd.keyring" "$base/share/"
  # The project's folder may be one that the guest lays memory over.
  cp -r "$folder/ceph" "$base/share/scripts"
  # The guest is done when its last line is there.
  cat >"$base/share/guest.sh" <<GUEST
# /etc/ceph is memory here.
cp $base/share/ceph* /etc/ceph/
export LANG=C.UTF-8
say() { printf '%s\n' "\$*"; }
attempt() {
  say "== \$1"
  shift
  timeout 150 $base/share/scripts/7_test_rbd.sh "\$@"
  say "status \$? devices \$(ls /sys/bus/rbd/devices | wc -l) images \$(rbd --id cephrbd ls hyper | wc -l)"
}
attempt 'no udevd'
attempt 'no udevd, all the same' --skip udevd
/lib/systemd/systemd-udevd --daemon
attempt 'with udevd'
GUEST
  "$folder/lab/uml/uml.sh" run --share "$base/share" --net "$net" --addr 172.16.4.102/24 --seconds 280 3>&- >&2
}

teardown_file() {
  "$folder/lab/lab.sh" down --dir "$base/lab" 3>&- >&2
  "$folder/lab/uml/uml.sh" net down "$net" >&2
  rm -rf --one-file-system "$base"
}

# part TITLE: what the guest said in that attempt.
part() { output=$(sed -n "/^== $1\$/,/^status /p" "$base/share/output"); }

@test "without udevd: told before anything is made" {
  part 'no udevd'
  has 'systemd-udevd does not answer, so rbd map would hang: run 6_ensure_udevd.sh'
  has 'status 1 devices 0 images 0'
}

@test "without udevd, all the same: the map hangs, is told, and its device is taken away" {
  part 'no udevd, all the same'
  has 'rbd map did not end within 30 s'
  has 'the device is taken away through /sys/bus/rbd'
  has 'status 1 devices 0 images 0'
}

@test "with udevd: all steps" {
  part 'with udevd'
  has 'ok: rbd map, /dev/rbd'
  has 'ok: 4 MiB there and back through /dev/rbd'
  has 'ok: rbd unmap'
  has 'passed: block devices of the pool hyper work for client.cephrbd here'
  has 'status 0 devices 0 images 0'
}
