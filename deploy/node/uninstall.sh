#!/usr/bin/env bash
# Takes off this node what install.sh put there. It stands alone, and goes by bash 4.3.
set -euo pipefail
umask 022
export LC_ALL=C PATH=$PATH:/usr/sbin:/sbin

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
place=$here/place.sh

help() {
  cat <<'TEXT'
usage: uninstall.sh [--purge] [--force] [--dry-run] [--plugin-dir DIR]...

Takes the driver out of kubelet's plugin folder, and the link, manual page and completion
out of /usr/local. It refuses while volumes of the driver are in use: without the driver
kubelet cannot end the pods that they belong to.

  --plugin-dir DIR  as with install.sh; may be given more than once
  --purge           also removes /etc/cephrbd/config.json, the logs, the kept previous
                    driver and all other state. Images in the cluster are never touched
  --force           also while volumes are in use; they stay mounted
  --dry-run         tells what would be done, and changes nothing

Exit status: 0, or 1 after a failure, 2 after wrong arguments.
TEXT
}

say() { printf '%s\n' "$*"; }
warn() { printf 'uninstall.sh: %s\n' "$*" >&2; }
die() {
  warn "$*"
  exit 1
}
misused() {
  warn "$* (see uninstall.sh --help)"
  exit 2
}

no_package() {
  local status
  command -v dpkg-query >/dev/null || return 0
  status=$(dpkg-query -W -f '${db:Status-Abbrev}' cephrbd 2>/dev/null) || return 0
  [[ $status != i* ]] || die 'the Debian package cephrbd is installed: remove that, with apt or dpkg'
}

not_in_use() {
  local users
  if users=$("$here/in-use.sh"); then
    return
  fi
  [[ -n $users ]] || die 'whether volumes are in use could not be found out'
  if [[ -n $force ]]; then
    warn "in use, and left so:"$'\n'"$users"
    return
  fi
  die "volumes of the driver are in use. Move their pods off this node first (kubectl drain), or use --force:"$'\n'"$users"
}

# remove PATH…: files, links and folders; what is mounted in them stays.
remove() {
  local path
  for path; do
    [[ -e $path || -L $path ]] || continue
    if [[ -n $dry ]]; then
      say "would remove $path"
    else
      rm -rf --one-file-system "$path"
      say "removed $path"
    fi
    changed=1
  done
}

# remove_empty FOLDER: it and the folders in it, as far as they are empty. A mount point is not.
remove_empty() {
  [[ -d $1 ]] || return 0
  if [[ -n $dry ]]; then
    say "would remove $1, if it is empty"
  else
    find "$1" -xdev -depth -type d -empty -delete
  fi
}

dirs=()
purge='' force='' dry='' changed=0
while (($# > 0)); do
  case $1 in
    --plugin-dir)
      [[ -n ${2:-} ]] || misused "$1 needs a value"
      dirs+=("${2%/}")
      shift
      ;;
    --purge) purge=1 ;;
    --force) force=1 ;;
    --dry-run) dry=1 ;;
    -h | --help)
      help
      exit 0
      ;;
    *) misused "$1 is unknown" ;;
  esac
  shift
done
((EUID == 0)) || die 'only root can uninstall: use sudo'
if ((${#dirs[@]} == 0)); then
  found=$("$place" find)
  mapfile -t dirs <<<"$found"
fi
no_package
not_in_use

for dir in "${dirs[@]}"; do
  [[ $dir == /* ]] || misused "--plugin-dir $dir is no absolute path"
  if [[ -n $dry ]]; then
    [[ ! -e $dir/hyper~cephrbd ]] || say "would remove $dir/hyper~cephrbd"
    continue
  fi
  said=$("$place" take "$dir")
  say "$said"
  [[ $said == absent* ]] || changed=1
done
# A link that leads elsewhere is somebody else's.
if [[ $(readlink /usr/local/sbin/cephrbd) == */hyper~cephrbd/cephrbd ]]; then
  remove /usr/local/sbin/cephrbd
fi
remove /usr/local/share/man/man8/cephrbd.8 /usr/local/share/bash-completion/completions/cephrbd
if [[ -n $purge ]]; then
  remove /etc/cephrbd/config.json /var/log/cephrbd /var/lib/cephrbd/previous /var/lib/cephrbd/scratch
  # What is in use is told by these.
  if "$here/in-use.sh" >/dev/null; then
    remove /run/cephrbd
  fi
  remove_empty /var/lib/cephrbd
  remove_empty /etc/cephrbd
fi
if [[ -n $dry ]]; then
  say 'a dry run: nothing was changed'
elif ((changed == 0)); then
  say 'no change: nothing was there'
else
  say 'done'
fi
