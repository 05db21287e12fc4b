#!/usr/bin/env bats
# 2_ceph_prepare_osd_disks.sh, on loop devices that vanish with the command that looks at them

load stubs

script=$BATS_TEST_DIRNAME/../../deploy/ceph/2_ceph_prepare_osd_disks.sh

# The node's /dev/sdb and /dev/sdc. They are given up at once, so that the kernel frees them when
# the last one who has them open is gone: the node itself.
setup() {
  node_new
  for disk in sdb sdc; do
    truncate -s 64M "$node_root/$disk"
  done
  {
    printf 'mount --rbind /sys "$root/sys"\n'
    printf 'for disk in sdb sdc; do
      loop=$(losetup -f --show "$node_root/$disk")
      exec {held}<"$loop"
      losetup -d "$loop"
      rm -f "$root/dev/$disk"
      mknod "$root/dev/$disk" b $((0x$(stat -c %%t "$loop"))) $((0x$(stat -c %%T "$loop")))
    done\n'
  } >"$stubs/before"
  answer 'udevadm control --help' ' --ping'
  answer 'udevadm control --ping *'
  # Formatted as ever, and then the link that udev makes.
  act 'mkfs.ext4 *' '/usr/sbin/mkfs.ext4 "$@" && mkdir -p /dev/disk/by-uuid && ln -sfn "${@: -1}" "/dev/disk/by-uuid/$4"'
  # systemd mounts what the unit says; mounts do not outlive the node.
  act 'systemctl *' 'case $1 in
      is-enabled) [[ -e /run/stub/enabled-${@: -1} ]] ;;
      is-active) grep -q " $(sed -n s/^Where=//p "/etc/systemd/system/${@: -1}") " /proc/self/mountinfo ;;
      enable) : >"/run/stub/enabled-$2" ;;
      start) mount "$(sed -n s/^What=//p "/etc/systemd/system/$2")" "$(sed -n s/^Where=//p "/etc/systemd/system/$2")" ;;
      show) echo NeedDaemonReload=no ;;
      daemon-reload | reset-failed) ;;
      *) exit 99 ;;
    esac'
}

teardown() { node_check; }

prepare() { node "$script" --fs ext4 "$@"; }

@test "a blank disk gets a file system and a unit that mounts it by UUID; again: no change" {
  run node bash -c '"$1" --fs ext4 /dev/sdb && findmnt -n -o FSTYPE,TARGET /dev/sdb && "$1" --fs ext4 /dev/sdb' - "$script"
  [ "$status" -eq 0 ]
  has 'done: disks are ready: /dev/sdb'
  has 'no change: disks are ready: /dev/sdb'
  uuid=$(blkid -p -o value -s UUID "$node_root/sdb")
  unit=$upper/etc/systemd/system/srv-ceph-osd\\x2d${uuid%%-*}.mount
  grep -qx "What=/dev/disk/by-uuid/$uuid" "$unit"
  [ "$(grep -c 'mkfs.ext4' <(calls))" -eq 1 ]
  [ ! -e "$upper/etc/fstab" ]
}

@test "a disk with a file system is refused, by its ID; --wipe takes that ID and no other" {
  mkfs.ext4 -q -F "$node_root/sdb"
  uuid=$(blkid -p -o value -s UUID "$node_root/sdb")
  before=$(sha256sum <"$node_root/sdb")
  run prepare /dev/sdb
  [ "$status" -eq 1 ]
  has "/dev/sdb is not blank: ext4. If all of it may be lost: --wipe $uuid"
  run prepare /dev/sdb --wipe 11111111-2222-3333-4444-555555555555
  [ "$status" -eq 1 ]
  run prepare /dev/sdb --skip disks
  [ "$status" -eq 2 ]
  [ "$before" = "$(sha256sum <"$node_root/sdb")" ]
  run prepare /dev/sdb --wipe "$uuid"
  [ "$status" -eq 0 ]
  [ "$(blkid -p -o value -s UUID "$node_root/sdb")" != "$uuid" ]
}

@test "data without a known form is no blank disk, neither at the start nor at the end" {
  printf 'precious' | dd of="$node_root/sdb" bs=1 seek=700000 conv=notrunc status=none
  printf 'precious' | dd of="$node_root/sdc" bs=1 seek=67108000 conv=notrunc status=none
  run prepare /dev/sdb /dev/sdc
  [ "$status" -eq 1 ]
  has '/dev/sdb is not blank: data'
  has '/dev/sdc is not blank: data'
  not_called mkfs
}

@test "a mounted disk is refused, whatever is asked" {
  mkfs.ext4 -q -F "$node_root/sdb"
  printf 'mkdir -p "$root/mnt/x"; mount "$root/dev/sdb" "$root/mnt/x"\n' >>"$stubs/before"
  run prepare /dev/sdb --wipe "$(blkid -p -o value -s UUID "$node_root/sdb")"
  [ "$status" -eq 1 ]
  has '/dev/sdb is in use: /mnt/x'
  not_called wipefs
}

@test "the root disk is refused" {
  # The root of the node is an overlay: here a disk stands for it.
  act 'stat -L -c %t:%T /dev/sdb' 'awk '"'"'$5 == "/" { split($3, n, ":"); printf "%x:%x\n", n[1], n[2] }'"'"' /proc/self/mountinfo'
  act 'stat *' '/usr/bin/stat "$@"'
  act 'stat -L -c %t:%T /dev/sdb' 'awk '"'"'$5 == "/" { split($3, n, ":"); printf "%x:%x\n", n[1], n[2] }'"'"' /proc/self/mountinfo'
  run prepare /dev/sdb
  [ "$status" -eq 1 ]
  has '/dev/sdb holds the root file system'
  not_called mkfs
}

@test "what is no disk is told with the rest, and nothing is done to the good ones" {
  run prepare /dev/sdb /dev/sdx /etc/hostname
  [ "$status" -eq 1 ]
  has '/dev/sdx is no block device'
  has '/etc/hostname is no block device'
  not_called mkfs
  not_called wipefs
}

@test "killed between two steps, it goes on, with one file system in the end" {
  for step in 'wipefs -a *' 'mkfs.ext4 *' 'systemctl enable *' 'systemctl start *'; do
    rm -rf "$upper/var/lib/cephrbd" "$stubs/enabled-"*
    : >"$node_root/sdb"
    truncate -s 64M "$node_root/sdb"
    rm -f "$stubs/cut"
    # The first time the power fails, in mkfs when half is done.
    act "$step" 'if [[ ! -e /run/stub/cut ]]; then
        : >/run/stub/cut
        [[ $0 != *mkfs.ext4 ]] || head -c 100000 /dev/urandom | dd of="${@: -1}" conv=notrunc status=none
        power_cut
      fi
      case $0 in
        *wipefs) /usr/sbin/wipefs "$@" ;;
        *) for rule in $(ls -r /run/stub/rules | tail -n +2); do
          [[ ${0##*/}\ $* != $(</run/stub/rules/$rule/glob) ]] || { . /run/stub/rules/$rule/act; exit; }
        done ;;
      esac'
    [[ $step != wipefs* ]] || { act 'wipefs -n *' '/usr/sbin/wipefs "$@"'; }
    run node bash -c 'for i in 1 2; do "$1" --fs ext4 /dev/sdb & echo $! >/run/stub/pid; wait $!; echo "status $?"; done' - "$script"
    has 'status 137'
    has 'status 0'
    has 'done: disks are ready'
    [ "$(find "$upper/var/lib/cephrbd/disks" -type f | wc -l)" -eq 1 ]
    [ "$(find "$upper/var/lib/cephrbd/disks" -type f -printf %f)" = "$(blkid -p -o value -s UUID "$node_root/sdb")" ]
    [[ $step != wipefs* ]] || forget_rule
    forget_rule
    rm -f "$stubs/bin/wipefs"
  done
}

@test "a dry run changes nothing" {
  before=$(
    changes
    sha256sum "$node_root/sdb"
  )
  run prepare /dev/sdb --dry-run
  [ "$status" -eq 0 ]
  has 'would run: wipefs -a /dev/sdb'
  diff <(printf '%s\n' "$before") <(
    changes
    sha256sum "$node_root/sdb"
  )
}

@test "in Chinese" {
  mkfs.ext4 -q -F "$node_root/sdb"
  run chinese_node "$script" --fs ext4 /dev/sdb
  [ "$status" -eq 1 ]
  has '/dev/sdb 不是空白磁盘：ext4'
}
