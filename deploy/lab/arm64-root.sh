#!/usr/bin/env bash
# The libraries that the linux-arm64 driver loads, in a folder of their own, so that it can
# be run on another machine under emulation. They come from the machine's own apt sources,
# signatures checked, by an apt whose state lies in a temporary folder: the machine's dpkg
# and its list of architectures are left alone.
set -euo pipefail
export LC_ALL=C

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=deploy/lib/common.sh
. "$here/../lib/common.sh"

usage() {
  cat <<'TEXT'
usage: arm64-root.sh DIR

Puts the arm64 libraries librados2, librbd1, libblkid1, and all that they need, into
DIR/lib and DIR/usr/lib; DIR/packages lists what they were taken from. A DIR that this
script completed before, on this release of Debian, is left as it is. Root is not needed.
TEXT
}

packages=(librados2 librbd1 libblkid1 libc6)
dir=
work=
trap '[[ -z $work ]] || rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# What a complete folder was made by and for.
stamp() {
  local script release
  script=$(sha256sum <"$here/arm64-root.sh")
  release=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
  printf '%s %s\n' "${script%% *}" "$release"
}

# An apt of its own: arm64 only, nothing installed. The machine's sources and keys.
private_apt() {
  timeout -k 10 300 apt-get -qq -o APT::Architecture=arm64 -o APT::Architectures=arm64 \
    -o APT::Sandbox::User=root -o Acquire::Languages=none -o Acquire::Retries=3 \
    -o Dir::State="$work/state" -o Dir::State::status="$work/state/status" \
    -o Dir::Cache="$work/cache" "$@" >&2
}

fetch() {
  mkdir -p "$work/state/lists/partial" "$work/cache/archives/partial"
  : >"$work/state/status"
  # Some source that has nothing of arm64 may fail; whether anything is missing shows next.
  private_apt update || warn 'not all package lists could be read'
  private_apt install -y --no-install-recommends --download-only "${packages[@]}" ||
    die "apt could not fetch ${packages[*]} for arm64: look at the machine's apt sources, then run this again"
}

unpack() {
  local archive part
  mkdir -p "$work/all" "$work/root/usr"
  for archive in "$work"/cache/archives/*.deb; do
    dpkg-deb -x "$archive" "$work/all"
    # shellcheck disable=SC2016 # the names are dpkg's
    dpkg-deb -W --showformat '${Package} ${Version}\n' "$archive" >>"$work/root/packages"
  done
  # Libraries only: the emulator takes each path from here that exists here.
  for part in lib usr/lib; do
    mkdir -p "$work/root/$part"
    mv "$work/all/$part/aarch64-linux-gnu" "$work/root/$part/"
  done
  mv "$work/all/lib/ld-linux-aarch64.so.1" "$work/root/lib/"
  [[ -e $work/root/usr/lib/aarch64-linux-gnu/librbd.so.1 ]] || die 'the packages hold no librbd.so.1'
}

case ${1:-} in
  -h | --help)
    usage
    exit 0
    ;;
  '' | -*)
    usage >&2
    exit 2
    ;;
esac
(($# == 1)) || die 'one folder is to be named'
dir=$1
[[ ! -e $dir || -d $dir ]] || die "$dir is no folder"
if [[ -f $dir/stamp && $(<"$dir/stamp") == "$(stamp)" ]]; then
  exit 0
fi
[[ ! -d $dir || -e $dir/stamp || -z $(ls -A "$dir") ]] || die "$dir was not made by this script, and is not empty"
command -v apt-get >/dev/null || die 'apt-get is missing: the libraries can be fetched on a Debian machine only'
mkdir -p "$(dirname "$dir")"
# Beside the folder, for the last step to be a rename.
work=$(mktemp -d "$(dirname "$dir")/.arm64-root.XXXXXX")
step 'fetching the arm64 libraries'
fetch
unpack
stamp >"$work/root/stamp"
chmod 0755 "$work/root"
rm -rf "$dir"
mv -T "$work/root" "$dir"
