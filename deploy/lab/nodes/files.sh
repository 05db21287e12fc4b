# shellcheck shell=bash
# What a node is made of outside: its root, laid over the base; its disk; its name and
# keys. All of it lies in $dir/NODE. Needs common.sh, net.sh, and dir, base, nodes.
# shellcheck disable=SC2154

# Sparse: what is not written takes no space.
disk_size=20G

names() {
  local n
  for ((n = 1; n <= nodes; n++)); do
    printf 'node%d\n' "$n"
  done
}

# lay_root NODE: an overlay over the base, or a copy where the folder's file system can't
# bear one.
lay_root() {
  local place=$dir/$1
  mkdir -p "$place"/{root,upper,work}
  if mount -t overlay "cephrbd-$1" -o "lowerdir=$base/root,upperdir=$place/upper,workdir=$place/work" "$place/root" 2>/dev/null &&
    [[ -w $place/root/etc ]]; then
    return
  fi
  ! mountpoint -q "$place/root" || umount "$place/root"
  warn "no overlay is possible in $place: the root is copied"
  rm -rf "$place/root"
  cp -a --reflink=auto "$base/root" "$place/root"
}

# is_laid NODE: whether the node's root is there. A reboot of the machine takes overlays away.
is_laid() {
  [[ -d $dir/$1/root/etc ]]
}

loop_of() {
  losetup -n -O NAME -j "$dir/$1/disk" | head -n 1
}

make_disk() {
  local loop number
  truncate -s "$disk_size" "$dir/$1/disk"
  loop=$(losetup --find --show "$dir/$1/disk") || die "no loop device could be had for $dir/$1/disk: see losetup -a"
  number=${loop#/dev/loop}
  # For the kernel, and so for udev, it is loopN; sdb is another name of it.
  cat >"$dir/$1/root/etc/udev/rules.d/90-lab-disk.rules" <<RULES
SUBSYSTEM=="block", KERNEL=="loop$number", SYMLINK+="sdb"
RULES
  cat >"$dir/$1/root/etc/systemd/system/lab-disk.service" <<UNIT
[Unit]
Description=Disk /dev/sdb of the lab
DefaultDependencies=no
Before=systemd-udevd.service systemd-udev-trigger.service local-fs-pre.target sysinit.target
ConditionPathExists=!/dev/loop$number

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/bin/mknod -m 0660 /dev/loop$number b 7 $number
ExecStart=/usr/bin/chgrp disk /dev/loop$number
ExecStart=/usr/bin/ln -s loop$number /dev/sdb

[Install]
WantedBy=sysinit.target
UNIT
  mkdir -p "$dir/$1/root/etc/systemd/system/sysinit.target.wants"
  ln -s ../lab-disk.service "$dir/$1/root/etc/systemd/system/sysinit.target.wants/"
}

# Keys of each node's sshd, and one of root for all.
make_keys() {
  local name address key place
  ssh-keygen -q -t ed25519 -N '' -C lab -f "$dir/key"
  for name in $(names); do
    ssh-keygen -q -t ed25519 -N '' -C "$name" -f "$dir/$name/root/etc/ssh/ssh_host_ed25519_key"
    address=$(address_of "$name")
    key=$(cut -d ' ' -f 1,2 "$dir/$name/root/etc/ssh/ssh_host_ed25519_key.pub")
    printf '%s,%s %s\n' "$name" "$address" "$key" >>"$dir/known_hosts"
  done
  for name in $(names); do
    place=$dir/$name/root/root/.ssh
    install -d -m 0700 "$place"
    install -m 0600 "$dir/key" "$place/id_ed25519"
    install -m 0644 "$dir/key.pub" "$place/id_ed25519.pub"
    install -m 0600 "$dir/key.pub" "$place/authorized_keys"
    install -m 0644 "$dir/known_hosts" "$place/known_hosts"
  done
}

# What tells the nodes from each other and from a container.
furnish() {
  local name=$1 other place=$dir/$1/root
  printf '%s\n' "$name" >"$place/etc/hostname"
  {
    printf '127.0.0.1 localhost\n::1 localhost ip6-localhost\n'
    for other in $(names); do
      printf '%s %s\n' "$(address_of "$other")" "$other"
    done
  } >"$place/etc/hosts"
  : >"$place/etc/machine-id"
  ln -sf /usr/share/zoneinfo/Etc/UTC "$place/etc/localtime"
  printf 'Etc/UTC\n' >"$place/etc/timezone"
  # A journal that outlives a reboot.
  mkdir -p "$place/var/log/journal"
}

# What systemd and Ceph's packages set for the whole machine, which is this one.
settings=(kernel/pid_max kernel/threads-max fs/aio-max-nr fs/file-max fs/nr_open fs/inotify/max_user_instances
  fs/inotify/max_user_watches vm/swappiness vm/min_free_kbytes vm/vfs_cache_pressure vm/dirty_ratio
  vm/dirty_background_ratio vm/zone_reclaim_mode vm/max_map_count)

# Benches at one time share the machine: the first notes what was set, the last puts it back.
settings_dir=/run/cephrbd-nodes

lock_settings() {
  mkdir -p "$settings_dir"
  exec 7<"$settings_dir"
  flock -w 30 7 || die "another nodes.sh holds $settings_dir for too long"
}

# Whether a bench other than this has noted itself and is still there.
others_are_there() {
  local found other
  for found in "$settings_dir"/bench-*; do
    [[ -f $found ]] || continue
    other=$(<"$found")
    if [[ $other != "$dir" && -e $other/.cephrbd-nodes ]]; then
      return
    fi
    rm -f "$found"
  done
  return 1
}

save_settings() {
  local name
  lock_settings
  if [[ ! -f $settings_dir/settings ]] || ! others_are_there; then
    [[ ! -f $settings_dir/settings ]] || put_settings_back
    for name in "${settings[@]}"; do
      [[ ! -r /proc/sys/$name ]] || printf '%s %s\n' "$name" "$(<"/proc/sys/$name")"
    done >"$settings_dir/settings"
  fi
  printf '%s\n' "$dir" >"$settings_dir/bench-$word-$owner"
  exec 7<&-
}

put_settings_back() {
  local name value
  while read -r name value; do
    [[ $(<"/proc/sys/$name") != "$value" ]] || continue
    step "putting /proc/sys/$name back to $value"
    printf '%s\n' "$value" >"/proc/sys/$name" || warn "/proc/sys/$name could not be put back to $value"
  done <"$settings_dir/settings"
}

restore_settings() {
  lock_settings
  rm -f "$settings_dir/bench-$word-$owner"
  if ! others_are_there; then
    [[ ! -f $settings_dir/settings ]] || put_settings_back
    rm -r "$settings_dir"
  fi
  exec 7<&-
}

# Whether nothing holds the disk any more; a mount in a node that just ended may.
loop_is_gone() {
  local loop
  loop=$(loop_of "$1")
  [[ -n $loop ]] || return 0
  losetup -d "$loop" 2>/dev/null || true
  [[ -z $(loop_of "$1") ]]
}

# remove_files NODE: its mounts, its disk.
remove_files() {
  local found status=0
  while read -r found; do
    umount "$found" 2>/dev/null || umount -l "$found" || status=1
  done < <(awk -v d="$dir/$1/" 'index($5, d) == 1 { print $5 }' /proc/self/mountinfo | sort -r)
  wait_until 20 loop_is_gone "$1" || {
    warn "$(loop_of "$1"), the disk of $1, is still in use: see what has it mounted, then run down again"
    status=1
  }
  ((status != 0)) || rm -rf --one-file-system "${dir:?}/$1"
  return "$status"
}
