# shellcheck shell=bash
# The steps of 3_ceph_add_osd.sh. Each finds out by what is on the disk and in the cluster whether
# it was done. Needs lib.sh, disk.sh, and dir, data, size, major of the script.
# shellcheck disable=SC2034,SC2154 # variables of both sides

id=

# bootstrap ARGUMENT…: the ceph command with the key that may add OSDs, and do nothing else.
bootstrap() { ask -n client.bootstrap-osd --keyring "$bootstrap_keyring" "$@"; }

# What is free, and what a killed mkfs holds, which is removed first.
free_gib() {
  local kib held=0
  kib=$(df -Pk "$dir" | awk 'NR == 2 { print $4 }')
  [[ ! -d $data ]] || held=$(du -sk "$data" | cut -f 1)
  printf '%s\n' $(((kib + held) / 1048576))
}

osd_gib() {
  if [[ -n $size ]]; then
    printf '%s\n' "$size"
  else
    printf '%s\n' $(($(free_gib) * 9 / 10))
  fi
}

# The OSD's UUID and key are on its disk before the cluster hears of it: whoever goes on after a
# kill asks for the same OSD again, and gets the same number.
make_identity() {
  local key
  [[ -d $data ]] || run install -d -o ceph -g ceph -m 0750 "$data"
  if [[ ! -s $data/cephrbd.key ]]; then
    key=$(quiet ceph-authtool --gen-print-key)
    put_file 0600 ceph:ceph "$data/cephrbd.key" < <(printf '%s\n' "$key")
  fi
  [[ -s $data/cephrbd.fsid ]] || put_file 0600 ceph:ceph "$data/cephrbd.fsid" </proc/sys/kernel/random/uuid
}

register() {
  local uuid key
  uuid=$(<"$data/cephrbd.fsid")
  key=$(<"$data/cephrbd.key")
  private_dir
  if [[ -s $data/cephrbd.id ]]; then
    id=$(<"$data/cephrbd.id")
  elif ((major >= 12)); then
    printf '{"cephx_secret": "%s"}\n' "$key" >"$private/secrets"
    id=$(bootstrap osd new "$uuid" -i "$private/secrets") || id=
  else
    id=$(bootstrap osd create "$uuid") || id=
  fi
  [[ $id =~ ^[0-9]+$ ]] || die "the cluster gave no number for a new OSD: $log_file has its words" "集群没有分配 OSD 编号：详见 $log_file"
  put_file 0600 ceph:ceph "$data/cephrbd.id" <<<"$id"
  put_file 0600 ceph:ceph "$data/keyring" < <(printf '[osd.%s]\n\tkey = %s\n' "$id" "$key")
  if ((major < 12)) && ! as_osd mon getmap -o "$private/map" >/dev/null; then
    # The bootstrap key may add just this kind of user.
    limit=60 run ceph --connect-timeout 10 -n client.bootstrap-osd --keyring "$bootstrap_keyring" \
      auth add "osd.$id" mon 'allow profile osd' osd 'allow *' -i "$data/keyring"
  fi
}

as_osd() { ask -n "osd.$id" --keyring "$data/keyring" "$@"; }

# What a killed mkfs left is removed; cephrbd.* and the key stay. mkfs_done is bluestore's own
# sign; filestore has none, so it gets ours.
make_store() {
  local -a store
  [[ ! -f $data/mkfs_done && ! -f $data/cephrbd.made ]] || return 0
  run find "$data" -mindepth 1 -maxdepth 1 ! -name 'cephrbd.*' ! -name keyring -exec rm -rf {} +
  store=(--osd-objectstore bluestore --bluestore-block-size $(($(osd_gib) * 1073741824)) --bluestore-block-preallocate-file true)
  if ((major < 12)); then
    store=(--osd-objectstore filestore --mkjournal)
    short_names
  fi
  limit=600 run ceph-osd -i "$id" --mkfs --osd-uuid "$(<"$data/cephrbd.fsid")" --osd-data "$data" --keyring "$data/keyring" \
    "${store[@]}" --setuser ceph --setgroup ceph
  sync
  put_file 0600 ceph:ceph "$data/cephrbd.made" <<<"$(date -u +%FT%TZ)"
}

# Filestore on ext4: its names are shorter than Ceph's longest; RBD's are short enough.
short_names() {
  [[ $(findmnt -n -o FSTYPE -T "$dir") == ext4 ]] || return 0
  [[ -n $(conf_value osd_max_object_name_len) ]] ||
    put_file 0644 root:root "$conf" < <(sed '/^\[global\]/a osd_max_object_name_len = 256\nosd_max_object_namespace_len = 64' "$conf")
}

# bind_to_mount: without the mount the OSD does not start but tries again; stopping the mount
# stops it, and where the mount has a unit of its own, starting that starts it.
bind_to_mount() {
  local link=/var/lib/ceph/osd/ceph-$id place unit check='' bind='' before=$changed
  if [[ -e $link && ! -L $link ]]; then
    die "$link is there and is no link: another OSD of this number? Move it away" "$link 已存在且不是链接（另一个同号 OSD？）：请移走"
  fi
  [[ $(readlink "$link" || true) == "$data" ]] || run ln -sfn "$data" "$link"
  place=$(mount_point_of "$dir")
  if [[ $place != / ]]; then
    unit=$(systemd-escape -p --suffix=mount "$place")
    check="ExecStartPre=$(command -v mountpoint) -q $place"
    # A mount without a unit of its own cannot be asked for: there the check has to do, again and again.
    [[ ! -f $units/$unit ]] || bind="BindsTo=$unit"$'\n'"After=$unit"
  fi
  put_file 0644 root:root "$units/ceph-osd@$id.service.d/cephrbd.conf" <<UNIT
# The data of osd.$id is on another disk: it comes and goes with that.
[Unit]
RequiresMountsFor=$data
${bind}
[Service]
${check}
Restart=on-failure
RestartSec=20
StartLimitInterval=0
UNIT
  if [[ $place != / && -f $units/$unit ]]; then
    put_file 0644 root:root "$units/$unit.d/cephrbd-osd-$id.conf" <<UNIT
[Unit]
Wants=ceph-osd@$id.service
UNIT
  elif [[ $place != / ]]; then
    warn "no unit of this node mounts $place: whoever does must do so at each boot; osd.$id waits for it" \
      "本节点没有负责挂载 $place 的 systemd 单元：请确保每次开机都会挂载；osd.$id 会等待它"
  fi
  # A run that was killed between the two did not get so far.
  if ((changed > before)) || [[ $(systemctl show -p NeedDaemonReload "ceph-osd@$id") != *=no ]]; then
    run systemctl daemon-reload
  fi
}

osd_is_up() { as_osd osd dump 2>/dev/null | grep -qE "^osd\.$id up "; }
