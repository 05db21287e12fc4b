#!/usr/bin/env bash
# The root of a Debian 12 with all that a compute node needs for the driver, and without
# the driver. It is made from the apt sources of this machine and kept in
# artifacts/image, for as long as they and this script stay the same.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
# shellcheck source=deploy/lib/common.sh
. "$here/../lib/common.sh"
# shellcheck source=deploy/image/work.sh
. "$here/work.sh"
# shellcheck source=deploy/image/sources.sh
. "$here/sources.sh"

# systemd with udev; what the driver calls (docs: README, "needs"); what a node is looked
# after with.
packages=(
  systemd systemd-sysv dbus udev kmod iproute2 procps util-linux
  librados2 librbd1 rbd-nbd e2fsprogs xfsprogs
)
# No manuals and no translations; the licences stay.
unpack=(
  'path-exclude=/usr/share/man/*' 'path-exclude=/usr/share/info/*' 'path-exclude=/usr/share/locale/*'
  'path-exclude=/usr/share/doc/*' 'path-include=/usr/share/doc/*/copyright'
  # A root that is half made when the power fails is made anew.
  force-unsafe-io
)

usage() {
  cat <<'TEXT'
usage: base.sh ARCH DIR

ARCH  amd64 or arm64. On an x64 machine arm64 programs are run by QEMU (emulate.sh).
DIR   a new or empty folder: the root is unpacked into it.

Needs root, mmdebstrap, and apt sources of Debian 12 (bookworm). The first time it takes a
minute, arm64 on x64 some minutes; later seconds, by artifacts/image/base-ARCH-*.tar.
TEXT
}

# All that decides what is in the root.
stamp() {
  { printf '%s\n' "${sources[@]}" && cat "${releases[@]}" "$here/base.sh" "$here/sources.sh"; } | sha256sum | cut -c 1-16
}

make() {
  local out=$1 option include date
  local -a run=()
  command -v mmdebstrap >/dev/null || die 'mmdebstrap is missing: apt install mmdebstrap'
  [[ $(dpkg --print-architecture) == "$arch" ]] || run=("$here/emulate.sh")
  printf '%s\n' "${sources[@]}" >"$work/debian.list"
  apt_options >"$work/apt.conf"
  local -a options=("--aptopt=$work/apt.conf")
  for option in "${unpack[@]}"; do
    options+=("--dpkgopt=$option")
  done
  date=$(index_date)
  printf -v include '%s,' "${packages[@]}"
  step "Debian $suite for $arch, by mmdebstrap"
  # What is of this machine only does not stay: its name, its resolver, its apt sources.
  # shellcheck disable=SC2016 # the shell that mmdebstrap starts fills it in
  SOURCE_DATE_EPOCH=$date TMPDIR=$work limited 1500 "${run[@]}" mmdebstrap \
    --quiet --mode=root --variant=minbase --architectures="$arch" --include="${include%,}" \
    "${options[@]}" \
    --customize-hook='cd "$1" && rm -f etc/hostname etc/resolv.conf etc/*- var/cache/debconf/*-old' \
    --customize-hook='cd "$1/etc" && rm -f apt/sources.list.d/* apt/apt.conf.d/99mmdebstrap dpkg/dpkg.cfg.d/99mmdebstrap' \
    --format=tar "$suite" "$out" "$work/debian.list" >&2 || die "no root could be made for $arch"
}

case ${1:-} in
  -h | --help)
    usage
    exit
    ;;
  amd64 | arm64) ;;
  *)
    usage >&2
    exit 2
    ;;
esac
(($# == 2)) || {
  usage >&2
  exit 2
}
arch=$1
mkdir -p "$2"
dir=$(realpath -e -- "$2")
[[ -z $(ls -A "$dir") ]] || die "$dir is not empty"
((EUID == 0)) || die 'only root can make a root'

cache=$root/artifacts/image
mkdir -p "$cache"
exec 9>>"$cache/base-$arch.lock"
flock -w 1800 9 || die "another base.sh makes the root for $arch for too long"

need_indexes

tar=$cache/base-$arch-$(stamp).tar
if [[ ! -f $tar ]]; then
  rm -f "$cache/base-$arch"-*.tar
  work_dir "$cache" "base-$arch"
  make "$work/base.tar"
  mv "$work/base.tar" "$tar"
fi
step "unpacking the root for $arch"
tar -xpf "$tar" -C "$dir" --numeric-owner --xattrs --xattrs-include='*'
