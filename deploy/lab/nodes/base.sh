#!/usr/bin/env bash
# The root that the nodes of nodes.sh are laid over: a Debian 12 with all that Ceph's
# packages depend on, and without these: they lie beside it, as an apt source that needs
# no network. Made from the apt sources of this machine and kept in artifacts/nodes, for
# as long as they and this script stay the same.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../../.." && pwd)
# shellcheck source=deploy/lib/common.sh
. "$root/deploy/lib/common.sh"
# shellcheck source=deploy/image/work.sh
. "$root/deploy/image/work.sh"
# shellcheck source=deploy/image/sources.sh
. "$root/deploy/image/sources.sh"

# What a server has before anybody thinks of Ceph.
packages=(
  systemd systemd-sysv dbus udev kmod iproute2 iputils-ping iputils-arping procps util-linux
  e2fsprogs xfsprogs openssh-server openssh-client keepalived curl ca-certificates gnupg jq python3
)
# What is to be installed on a node from the folder of packages.
wanted=(
  ceph ceph-mon ceph-mgr ceph-osd ceph-common ceph-base librados2 librbd1 rbd-nbd
  qemu-utils qemu-block-extra
)
# No manuals and no translations; a node that is half made when the power fails is made anew.
unpack=(
  'path-exclude=/usr/share/man/*' 'path-exclude=/usr/share/info/*' 'path-exclude=/usr/share/locale/*'
  'path-exclude=/usr/share/doc/*' 'path-include=/usr/share/doc/*/copyright'
  force-unsafe-io
)

usage() {
  cat <<'TEXT'
usage: base.sh

Prints the folder that has root/ (the root of a node) and debs/ (Ceph's packages, an apt
source: deb [trusted=yes] file:… ./). The first time it takes some minutes. The files
belong to all who call it: nobody may write there.

Needs root, mmdebstrap, dpkg-scanpackages, and apt sources of Debian 12 (bookworm).
TEXT
}

# All that decides what is in the root.
stamp() {
  { printf '%s\n' "${sources[@]}" && cat "${releases[@]}" "$here"/{base,split}.sh "$root/deploy/image/sources.sh"; } |
    sha256sum | cut -c 1-16
}

# Roots that nobody needs any more: of other stamps, and in no overlay.
remove_old() {
  local found
  for found in "$cache"/root-*; do
    [[ -d $found ]] || continue
    ! grep -qF "lowerdir=$found/root" /proc/self/mountinfo || continue
    rm -rf --one-file-system "$found"
  done
}

make() {
  local option include
  apt_options >"$work/apt.conf"
  printf '%s\n' "${sources[@]}" >"$work/debian.list"
  mkdir "$work/out"
  local -a options=("--aptopt=$work/apt.conf")
  for option in "${unpack[@]}"; do
    options+=("--dpkgopt=$option")
  done
  printf -v include '%s,' "${packages[@]}"
  step "Debian $suite with what Ceph depends on, by mmdebstrap"
  # Without NVMe over a network in the kernel, what connects it fails at each boot.
  # shellcheck disable=SC2016 # the shell that mmdebstrap starts fills it in
  TMPDIR=$work limited 1500 mmdebstrap \
    --quiet --mode=root --variant=minbase --architectures="$(dpkg --print-architecture)" --include="${include%,}" \
    "${options[@]}" \
    --customize-hook="$here/split.sh \"\$1\" '$work/out/debs' ${wanted[*]}" \
    --customize-hook='systemctl -q --root="$1" disable nvmf-autoconnect.service nvmefc-boot-connections.service' \
    --customize-hook='cd "$1" && rm -f etc/hostname etc/resolv.conf etc/ssh/ssh_host_* etc/*- var/cache/debconf/*-old' \
    --customize-hook='cd "$1/etc" && rm -f apt/sources.list.d/* apt/apt.conf.d/99mmdebstrap && : >apt/sources.list && : >machine-id' \
    --customize-hook='mv "$1/etc/dpkg/dpkg.cfg.d/99mmdebstrap" "$1/etc/dpkg/dpkg.cfg.d/lab"' \
    --format=directory "$suite" "$work/out/root" "$work/debian.list" >&2 || die 'no root could be made for the nodes'
  chmod 0755 "$work/out" "$work/out/root" "$work/out/debs"
}

case ${1:-} in
  -h | --help)
    usage
    exit
    ;;
esac
(($# == 0)) || {
  usage >&2
  exit 2
}
((EUID == 0)) || die 'only root can make a root'
for tool in mmdebstrap dpkg-scanpackages; do
  command -v "$tool" >/dev/null || die "$tool is missing: apt install mmdebstrap dpkg-dev"
done

cache=$root/artifacts/nodes
mkdir -p "$cache"
exec 9>>"$cache/base.lock"
flock -w 1800 9 || die 'another base.sh makes the root of the nodes for too long'
need_indexes
made=$cache/root-$(stamp)
if [[ ! -d $made ]]; then
  remove_old
  work_dir "$cache" base
  make
  mv "$work/out" "$made"
fi
printf '%s\n' "$made"
