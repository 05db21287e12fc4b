#!/usr/bin/env bats
# 7_test_rbd.sh

load stubs
load cluster

script=$BATS_TEST_DIRNAME/../../deploy/ceph/7_test_rbd.sh

# The images of the pool are lines of a file; a mapped one has its folder below /sys/bus/rbd.
setup() {
  node_new
  cluster_new 10
  printf '[client.cephrbd]\n\tkey = %s\n' "$user_key" | put_on_node /etc/ceph/ceph.client.cephrbd.keyring
  mkdir -p "$node_root/sys/bus/rbd/devices"
  : >"$stubs/images"
  answer 'udevadm control --help' ' --ping'
  answer 'udevadm control --ping *'
  {
    act 'rbd *' 'shift 4
      verb=$1 image=${@: -1}
      case $verb in
        ls) cat /run/stub/images ;;
        create) echo "${image#*/}" >>/run/stub/images ;;
        info) printf "rbd image:\n\tsize 1024 MB in 256 objects\n" ;;
        import) cp "${@: -2:1}" /run/stub/content; echo "${image#*/}" >>/run/stub/images ;;
        export) cat /run/stub/content ;;
        rm) sed -i "/^${image#*/}\$/d" /run/stub/images ;;
        map)
          mkdir /sys/bus/rbd/devices/0
          echo "${image%/*}" >/sys/bus/rbd/devices/0/pool
          echo "${image#*/}" >/sys/bus/rbd/devices/0/name
          mknod /dev/rbd0 b 250 0
          echo /dev/rbd0
          ;;
        showmapped) echo "0 hyper $(cat /sys/bus/rbd/devices/0/name) - /dev/rbd0" ;;
        unmap) rm -r "/sys/bus/rbd/devices/${image#/dev/rbd}" /dev/rbd0 ;;
        *) exit 99 ;;
      esac'
    act 'dd if=*/data of=/dev/rbd0 *' 'cp "${1#if=}" /run/stub/disk'
    act 'dd if=/dev/rbd0 of=* *' 'cp /run/stub/disk "${2#of=}"'
  }
}

teardown() { node_check; }

# Nothing of the test is left in the pool, in the kernel and in memory.
nothing_left() {
  [ ! -s "$stubs/images" ]
  [ -z "$(ls "$node_root/sys/bus/rbd/devices")" ]
  [ -z "$(find "$node_root/run" -name 'cephrbd-deploy.*' -type d)" ]
}

# A quick clock: what would hang for half a minute hangs for a second.
short_limits() {
  act 'timeout *' 'shift 3; exec /usr/bin/timeout -k 1 1 "$@"'
}

@test "all steps, as client.cephrbd, and nothing is left" {
  run node "$script"
  [ "$status" -eq 0 ]
  has 'passed: block devices of the pool hyper work for client.cephrbd here'
  for step in 'ok: rbd create' 'ok: rbd ls' 'ok: rbd info' 'ok: 4 MiB there and back' 'ok: rbd map, /dev/rbd0' \
    'ok: rbd showmapped' 'through /dev/rbd0' 'ok: rbd unmap' 'ok: rbd rm'; do
    has "$step"
  done
  called 'rbd --id cephrbd --keyring /etc/ceph/ceph.client.cephrbd.keyring create --size 1024 --image-format 2 --image-feature layering hyper/cephrbd-test-'
  secretly "$user_key"
  nothing_left
}

@test "without that key as admin" {
  rm "$upper/etc/ceph/ceph.client.cephrbd.keyring"
  run node "$script"
  [ "$status" -eq 0 ]
  called 'rbd --id admin --keyring /etc/ceph/ceph.client.admin.keyring map'
}

@test "--without-map needs no module, no udevd, no kernel" {
  rm -r "$node_root/sys/bus"
  answer 'udevadm *' '' 1
  mkdir -p "$node_root/sys/bus/rbd/devices"
  run node "$script" --without-map
  [ "$status" -eq 0 ]
  has "the kernel's mapping was not tested"
  not_called ' map '
  nothing_left
}

@test "no module: told, with the way to test the rest" {
  rm -r "$node_root/sys/bus"
  answer 'modprobe -n -q rbd' '' 1
  run node "$script"
  [ "$status" -eq 1 ]
  has 'has no module rbd'
  has '--without-map tests all but'
  not_called create
}

@test "no udevd: told before anything hangs" {
  answer 'udevadm control --ping *' '' 1
  run node "$script"
  [ "$status" -eq 1 ]
  has 'run 6_ensure_udevd.sh'
  not_called create
}

@test "a map that hangs: the remedy is told, and the device that stayed mapped is taken away" {
  short_limits
  answer 'udevadm control --ping *' '' 1
  act 'rbd * map *' 'mkdir /sys/bus/rbd/devices/3
    echo hyper >/sys/bus/rbd/devices/3/pool; echo "${6#*/}" >/sys/bus/rbd/devices/3/name
    sleep 60'
  act 'rbd * unmap *' 'sleep 60'
  mkfifo "$node_root/sys/bus/rbd/remove_single_major"
  # The kernel's side of that file.
  printf '(read -r n <"$root/sys/bus/rbd/remove_single_major" || true; rm -r "$root/sys/bus/rbd/devices/$n") >/dev/null 2>&1 &\n' >"$stubs/before"
  run node "$script" --skip udevd
  [ "$status" -eq 1 ]
  has 'rbd map did not end within 30 s'
  has 'systemd-udevd does not answer'
  has 'run 6_ensure_udevd.sh'
  nothing_left
}

@test "a refused map: the image is removed" {
  act 'rbd * map *' 'echo "rbd: sysfs write failed" >&2; exit 6'
  run node "$script"
  [ "$status" -eq 1 ]
  has 'failed: rbd map (status 6): dmesg'
  nothing_left
}

@test "other data than was written is a failure" {
  act 'rbd * export *' 'head -c 4194304 /dev/zero'
  run node "$script"
  [ "$status" -eq 1 ]
  has 'failed: 4 MiB there and back'
  nothing_left
}

@test "what a device gives back is compared" {
  act 'dd if=/dev/rbd0 of=* *' 'head -c 4194304 /dev/zero >"${2#of=}"'
  run node "$script"
  [ "$status" -eq 1 ]
  has 'failed: 4 MiB there and back through /dev/rbd0'
  nothing_left
}

@test "what a killed run has left is removed by the next; others' images are not touched" {
  echo precious >"$stubs/images"
  act 'rbd * showmapped' power_cut
  run node "$script"
  [ "$status" -eq 137 ]
  [ -d "$node_root/sys/bus/rbd/devices/0" ]
  answer 'rbd * showmapped' 'none'
  run node "$script"
  [ "$status" -eq 1 ]
  [ "$(cat "$stubs/images")" = precious ]
  [ -z "$(ls "$node_root/sys/bus/rbd/devices")" ]
}

@test "an image that cannot be removed is named" {
  act 'rbd * rm *' 'exit 39'
  run node "$script" --without-map
  [ "$status" -eq 1 ]
  has 'failed: rbd rm'
  has 'left behind: hyper/cephrbd-test-'
}

@test "a missing pool or right is told" {
  act 'rbd * ls *' 'echo "rbd: error opening pool" >&2; exit 2'
  run node "$script"
  [ "$status" -eq 1 ]
  has 'client.cephrbd cannot list the pool hyper'
  not_called create
}

@test "a dry run changes nothing" {
  before=$(changes)
  run node "$script" --dry-run
  [ "$status" -eq 0 ]
  has 'would run: rbd map hyper/cephrbd-test-'
  diff <(printf "%s\n" "$before") <(changes)
  not_called create
}

@test "in Chinese" {
  run chinese_node "$script" --without-map
  [ "$status" -eq 0 ]
  has '测试通过：client.cephrbd 可在本节点使用存储池 hyper 的块设备；未测试内核映射'
}
