#!/usr/bin/env bats
# 3_ceph_add_osd.sh

load stubs
load cluster

script=$BATS_TEST_DIRNAME/../../deploy/ceph/3_ceph_add_osd.sh
dir=/vespace/chain/data-9908b8a2
data=$dir/ceph-osd

# A disk that is shared, and mounted by somebody else, as in the guide.
setup() {
  node_new
  mkdir -p "$node_root/disk"
  chmod 0755 "$node_root/disk"
  mkdir -p "$upper$dir"
  printf 'mount --bind "$node_root/disk" "$root%s"\n' "$dir" >"$stubs/before"
  osd_node 16
}

teardown() { node_check; }

# osd_node MAJOR
osd_node() {
  cluster_new "$1"
  rm -f "$upper/etc/ceph/ceph.client.admin.keyring"
  printf '[client.bootstrap-osd]\n\tkey = %s\n' "$bootstrap_key" | put_on_node /var/lib/ceph/bootstrap-osd/ceph.keyring
  chmod 0755 "$upper/var/lib/ceph"
  daemons_new
  act 'ceph *mon getmap -o *' ': >"${@: -1}"'
  # The same UUID gets the same number again.
  act 'ceph *osd new *' 'uuid=$(sed "s/.* osd new \([^ ]*\).*/\1/" <<<"$*"); grep -qx "$uuid" /run/stub/osds || echo "$uuid" >>/run/stub/osds; echo $(($(grep -nx "$uuid" /run/stub/osds | cut -d : -f 1) - 1))'
  act 'ceph *osd create *' 'uuid=${@: -1}; grep -qx "$uuid" /run/stub/osds || echo "$uuid" >>/run/stub/osds; echo $(($(grep -nx "$uuid" /run/stub/osds | cut -d : -f 1) - 1))'
  : >"$stubs/osds"
  act 'ceph *auth add osd.0 *' ': >/run/stub/registered'
  act 'ceph *osd.0 *mon getmap*' '[[ -e /run/stub/registered ]]'
  act 'ceph *osd.0 *osd dump' '[[ -e /run/stub/active-ceph-osd@0 ]] && echo "osd.0 up   in  weight 1"'
  act 'ceph-osd *--mkfs*' 'while [[ $1 != --osd-data ]]; do shift; done; echo 0 >"$2/whoami"; : >"$2/block"; [[ "$*" != *bluestore* ]] || echo yes >"$2/mkfs_done"'
  answer 'systemd-escape *' vespace-chain-data\\x2d9908b8a2.mount
}

# on_disk FILE: of the OSD's data.
on_disk() { printf '%s\n' "$node_root/disk/ceph-osd/$1"; }

@test "an OSD on a shared disk, bound to its mount; again: no change" {
  run node "$script" "$dir" --size 10
  [ "$status" -eq 0 ]
  has "osd.0 is up, its data in $data"
  called '--osd-objectstore bluestore --bluestore-block-size 10737418240'
  dropin="$upper/etc/systemd/system/ceph-osd@0.service.d/cephrbd.conf"
  grep -qx "RequiresMountsFor=$data" "$dropin"
  grep -q "^ExecStartPre=.*mountpoint -q $dir\$" "$dropin"
  [ "$(node readlink /var/lib/ceph/osd/ceph-0)" = "$data" ]
  has "no unit of this node mounts $dir"
  for secret in "$bootstrap_key" "$(cat "$(on_disk cephrbd.key)")"; do
    secretly "$secret"
  done
  [ "$(stat -c %a "$(on_disk keyring)")" = 600 ]
  forget_calls
  run node "$script" "$dir" --size 10
  [ "$status" -eq 0 ]
  has 'no change: osd.0 is up'
  not_called mkfs
  not_called 'osd new'
}

@test "Jewel: filestore, and the number by the older command" {
  osd_node 10
  run node "$script" "$dir" --size 10
  [ "$status" -eq 0 ]
  called '--osd-objectstore filestore --mkjournal'
  called "osd create $(cat "$(on_disk cephrbd.fsid)")"
  called 'auth add osd.0 mon allow profile osd osd allow * -i'
  not_called 'osd new'
  not_called bluestore
  run node "$script" "$dir" --size 10
  has 'no change: '
}

@test "killed at any step: the next run goes on with the same OSD, and its number" {
  for major in 10 16; do
    for step in 'ceph-authtool --gen-print-key' 'ceph *osd new *' 'ceph *osd create *' 'ceph *auth add *' 'ceph-osd *--mkfs*' \
      'systemctl enable ceph-osd@0' 'systemctl start ceph-osd@0'; do
      if [[ $major == 10 && $step == *'osd new'* ]] || [[ $major == 16 && $step =~ 'osd create'|'auth add' ]]; then
        continue
      fi
      rm -rf "$node_root/disk/"* "$stubs/rules/"* "$stubs/"{enabled,active}-* "$stubs/registered" \
        "$upper/etc/systemd/system/ceph-osd@0.service.d"
      osd_node "$major"
      node rm -f /var/lib/ceph/osd/ceph-0
      act "$step" power_cut
      run node "$script" "$dir" --size 10
      [ "$status" -eq 137 ]
      forget_rule
      uuid=$(cat "$(on_disk cephrbd.fsid)" 2>/dev/null || true)
      run node "$script" "$dir" --size 10
      [ "$status" -eq 0 ]
      has "osd.0 is up"
      [ -z "$uuid" ] || [ "$uuid" = "$(cat "$(on_disk cephrbd.fsid)")" ]
      # One number was taken, none leaked.
      [ "$(wc -l <"$stubs/osds")" -eq 1 ]
    done
  done
}

@test "killed while the OSD's key was written: the next run makes one" {
  mkdir "$node_root/disk/ceph-osd"
  echo 'AQB' >"$(on_disk .cephrbd.key.cephrbd-new)"
  run node "$script" "$dir" --size 10
  [ "$status" -eq 0 ]
  has "osd.0 is up"
  [ "$(cat "$(on_disk cephrbd.key)")" != AQB ]
}

@test "killed while its UUID was written: the next run goes on with the same key" {
  mkdir "$node_root/disk/ceph-osd"
  echo 'AQBSdFhcAAAAABAA1Rt0TIvjp2xXoH4vV0r2Zw==' >"$(on_disk cephrbd.key)"
  : >"$(on_disk .cephrbd.fsid.cephrbd-new)"
  run node "$script" "$dir" --size 10
  [ "$status" -eq 0 ]
  has "osd.0 is up"
  [ "$(cat "$(on_disk cephrbd.key)")" = 'AQBSdFhcAAAAABAA1Rt0TIvjp2xXoH4vV0r2Zw==' ]
}

@test "a data folder on the root disk is refused" {
  mkdir -p "$upper/srv/osd"
  run node "$script" /srv/osd --size 10
  [ "$status" -eq 1 ]
  has '/srv/osd is on the root file system: mount its disk first'
  not_called 'osd new'
}

@test "the shared disk is away: its folder is then on the root disk, and nothing is written there" {
  rm "$stubs/before"
  run node "$script" "$dir" --size 10
  [ "$status" -eq 1 ]
  has 'is on the root file system'
  [ ! -e "$upper$data" ]
}

@test "what is not of this script in the data folder is left alone" {
  mkdir "$node_root/disk/ceph-osd"
  echo 3 >"$(on_disk whoami)"
  run node "$script" "$dir" --size 10
  [ "$status" -eq 1 ]
  has 'holds something that is not of this script'
  [ "$(cat "$(on_disk whoami)")" = 3 ]
  not_called 'osd new'
}

@test "no conf, no bootstrap key: told together, with the command that brings them" {
  rm "$upper/etc/ceph/ceph.conf" "$upper/var/lib/ceph/bootstrap-osd/ceph.keyring"
  node rm -f /etc/ceph/ceph.conf /var/lib/ceph/bootstrap-osd/ceph.keyring
  run node "$script" "$dir" --size 10
  [ "$status" -eq 1 ]
  has 'names no cluster'
  has '4_distribute_conf.sh --osd'
  has 'checks that failed: 2'
}

@test "refused: a bootstrap key that the cluster does not know" {
  answer 'ceph *client.bootstrap-osd *mon getmap*' 'Error connecting to cluster: PermissionError' 1
  run node "$script" "$dir" --size 10
  [ "$status" -eq 1 ]
  has 'do not answer or refuse the key'
  not_called 'osd new'
}

@test "too little space, or more asked than there is" {
  run node "$script" "$dir" --size 4
  [ "$status" -eq 1 ]
  has 'at least 5 are needed'
  run node "$script" "$dir" --size 900000
  [ "$status" -eq 1 ]
  has '--size 900000: only'
}

@test "a link of another OSD with that number is not replaced" {
  mkdir -p "$upper/var/lib/ceph/osd/ceph-0"
  run node "$script" "$dir" --size 10
  [ "$status" -eq 1 ]
  has 'is there and is no link'
}

@test "a dry run changes nothing" {
  before=$(changes)
  run node "$script" "$dir" --size 10 --dry-run
  [ "$status" -eq 0 ]
  diff <(printf '%s\n' "$before") <(changes)
  [ -z "$(ls "$node_root/disk")" ]
  not_called 'osd new'
}

@test "in Chinese" {
  rm "$stubs/before"
  run chinese_node "$script" "$dir" --size 10
  [ "$status" -eq 1 ]
  has '位于系统盘：请先挂载其磁盘'
}
