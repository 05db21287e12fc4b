#!/usr/bin/env bash
# The driver as a Debian package, and its debug symbols as another. Old dpkgs take them, too:
# nothing newer than xz is in them.
set -euo pipefail
umask 022

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
# shellcheck source=deploy/lib/common.sh
. "$here/../lib/common.sh"
# shellcheck source=deploy/package/lib.sh
. "$here/lib.sh"

if (($# != 2)); then
  printf 'usage: deb.sh RID DIR\n\nMakes DIR/cephrbd_VERSION_ARCH.deb and DIR/cephrbd-dbgsym_VERSION_ARCH.deb from artifacts/RID.\n' >&2
  exit 2
fi
need_environment
rid=$1
out=$2
built=$root/artifacts/$rid
arch=$(debian_arch "$rid")
version=$(debian_version)
# One thread: more of them cut the data in other pieces.
export DPKG_DEB_THREADS_MAX=1 DPKG_DEB_COMPRESSOR_TYPE=xz

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

compressed() {
  mkdir -p "${1%/*}"
  gzip -n -9 >"$1"
}

changelog() {
  printf 'cephrbd (%s) unstable; urgency=medium\n\n  * Version %s; see changelog.gz.\n\n -- %s  %s\n' \
    "$version" "$CEPHRBD_VERSION" "$(sed -n 's/^Maintainer: //p' "$here/debian/control")" "$(release_date -R)"
}

# size DIR: in KiB, each file and folder rounded up, whatever the file system here.
size() {
  find "$1" -path "$1/DEBIAN" -prune -o -type f -printf '%s\n' -o -printf '1024\n' |
    awk '{ kib += int(($1 + 1023) / 1024) } END { print kib }'
}

# pack TREE NAME
pack() {
  local tree=$1
  (cd "$tree" && find . -path ./DEBIAN -prune -o -type f -printf '%P\0' | LC_ALL=C sort -z | xargs -0 md5sum) >"$tree/DEBIAN/md5sums"
  find "$tree" -type d -exec chmod 0755 {} +
  settle "$tree"
  dpkg-deb -Zxz --root-owner-group --build "$tree" "$work/new.deb" >/dev/null
  mv "$work/new.deb" "$out/$2_${version}_$arch.deb"
  step "$2_${version}_$arch.deb, $(stat -c %s "$out/$2_${version}_$arch.deb") bytes"
}

driver_package() {
  local tree=$work/cephrbd lib doc name
  lib=$tree/usr/lib/cephrbd
  doc=$tree/usr/share/doc/cephrbd
  put 0755 "$built/cephrbd" "$lib/cephrbd"
  put 0755 "$root/deploy/node/place.sh" "$lib/place.sh"
  put 0755 "$root/deploy/node/in-use.sh" "$lib/in-use.sh"
  mkdir -p "$tree/usr/sbin"
  ln -s ../lib/cephrbd/cephrbd "$tree/usr/sbin/cephrbd"
  put 0644 "$here/debian/default" "$tree/etc/default/cephrbd"
  put 0644 "$here/cephrbd.completion" "$tree/usr/share/bash-completion/completions/cephrbd"
  put 0644 "$here/debian/lintian-overrides" "$tree/usr/share/lintian/overrides/cephrbd"
  fill "$here/cephrbd.8" | compressed "$tree/usr/share/man/man8/cephrbd.8.gz"
  put_documents "$doc"
  put_scripts "$tree/usr/share/cephrbd"
  ln -s ../doc/cephrbd/examples "$tree/usr/share/cephrbd/examples"
  put 0644 "$here/debian/copyright" "$doc/copyright"
  compressed "$doc/changelog.gz" <"$root/CHANGELOG.md"
  compressed "$doc/third-party-notices-dotnet.txt.gz" <"$(dotnet_notices "$rid")"
  changelog | compressed "$doc/changelog.Debian.gz"
  mkdir "$tree/DEBIAN"
  for name in postinst prerm postrm; do
    put 0755 "$here/debian/$name" "$tree/DEBIAN/$name"
  done
  printf '/etc/default/cephrbd\n' >"$tree/DEBIAN/conffiles"
  sed -e "s/@VERSION@/$version/" -e "s/@ARCH@/$arch/" -e "s/@SIZE@/$(size "$tree")/" \
    -e "s/@GLIBC@/$(glibc_floor "$built/cephrbd")/" "$here/debian/control" >"$tree/DEBIAN/control"
  pack "$tree" cephrbd
}

# By the build id debuggers find the symbols of the driver, wherever that lies.
debug_package() {
  local tree=$work/dbgsym id
  id=$(readelf -nW "$built/cephrbd" | sed -n 's/.*Build ID: *//p')
  [[ $id =~ ^[0-9a-f]{40}$ ]] || die "$built/cephrbd has no build id"
  [[ $(readelf -nW "$built/cephrbd.dbg" 2>/dev/null | sed -n 's/.*Build ID: *//p') == "$id" ]] ||
    die "$built/cephrbd.dbg does not belong to $built/cephrbd: publish anew"
  put 0644 "$built/cephrbd.dbg" "$tree/usr/lib/debug/.build-id/${id:0:2}/${id:2}.debug"
  mkdir -p "$tree/usr/share/doc" "$tree/DEBIAN"
  ln -s cephrbd "$tree/usr/share/doc/cephrbd-dbgsym"
  sed -e "s/@VERSION@/$version/" -e "s/@ARCH@/$arch/" -e "s/@SIZE@/$(size "$tree")/" -e "s/@ID@/$id/" \
    "$here/debian/control.dbgsym" >"$tree/DEBIAN/control"
  pack "$tree" cephrbd-dbgsym
}

driver_package
debug_package
