# shellcheck shell=bash
# What a block device is and who uses it, from the kernel's own tables. Needs lib.sh. It takes
# no path for an identity: names under /dev change from boot to boot.

# devno PATH: its number as the kernel writes it, "8:16".
devno() {
  local hex
  hex=$(stat -L -c '%t:%T' "$1" 2>/dev/null) || return 1
  printf '%d:%d\n' "0x${hex%:*}" "0x${hex#*:}"
}

# family DEVNO: it, its partitions, and all that stands on them (LVM, RAID, crypt), recursively.
family() {
  local sys=/sys/dev/block/$1 member
  printf '%s\n' "$1"
  for member in "$sys"/*/dev "$sys"/holders/*/dev; do
    [[ ! -f $member ]] || family "$(<"$member")"
  done
}

# mounted_on DEVNO…: the places where these are mounted here, or "[swap]".
mounted_on() {
  local wanted=" $* " number place source
  while read -r _ _ number _ place _; do
    [[ $wanted != *" $number "* ]] || printf '%b\n' "$place"
  done </proc/self/mountinfo
  # btrfs and the like have numbers of their own: there the source tells.
  while read -r source place; do
    [[ $source == /dev/* && $wanted == *" $(devno "$source" 2>/dev/null || true) "* ]] && printf '%b\n' "$place"
  done < <(awk '{ for (i = 7; i < NF; i++) if ($i == "-") { print $(i + 2), $5; break } }' /proc/self/mountinfo)
  while read -r source _; do
    [[ $source == /* && $wanted == *" $(devno "$source" 2>/dev/null || true) "* ]] && printf '[swap]\n'
  done </proc/swaps
  return 0
}

# signature PATH: "KIND ID" of what is on it; nothing for a blank one. The id is what an admin
# names to have it wiped: a UUID, or a sum of its first bytes where there is none.
signature() {
  local kind id
  kind=$(timeout 30 blkid -p -o value -s TYPE "$1" 2>/dev/null) || kind=
  id=$(timeout 30 blkid -p -o value -s UUID "$1" 2>/dev/null) || id=
  if [[ -z $kind ]]; then
    kind=$(timeout 30 blkid -p -o value -s PTTYPE "$1" 2>/dev/null) || kind=
    [[ -z $kind ]] || kind=partitions:$kind
    id=$(timeout 30 blkid -p -o value -s PTUUID "$1" 2>/dev/null) || id=
  fi
  # blkid says nothing where two signatures contradict each other: wipefs lists all.
  [[ -n $kind ]] || kind=$(timeout 30 wipefs -n -p "$1" 2>/dev/null | awk -F, '!/^#/ { print $4; exit }')
  if [[ -z $kind ]] && ! ends_are_blank "$1"; then
    kind=data
  fi
  [[ -n $kind ]] || return 0
  [[ -n $id ]] || id=$(head -c 1048576 "$1" | sha256sum | cut -c 1-12)
  printf '%s %s\n' "$kind" "$id"
}

# ends_are_blank PATH: nothing but zeros in the first and the last MiB.
ends_are_blank() {
  local bytes
  bytes=$(blockdev --getsize64 "$1") || return 1
  cmp -s -n 1048576 "$1" /dev/zero || return 1
  ((bytes <= 2097152)) || cmp -s -n 1048576 -i $((bytes - 1048576)):0 "$1" /dev/zero
}

# uuid_of PATH: of the file system on it.
uuid_of() { timeout 30 blkid -p -o value -s UUID "$1" 2>/dev/null || true; }

# place_of_disk PATH: where the device itself is mounted; the first place.
place_of_disk() { mounted_on "$(devno "$1")" | sed -n 1p; }

# mount_point_of DIR: the mount that holds it.
mount_point_of() { findmnt -n -o TARGET -T "$1" | tail -n 1; }
