#!/usr/bin/env bash
# What the packages and archives hold: Debian's own checks, the right program for the architecture,
# root's files of one time, a manual page and a completion that know every verb.
set -euo pipefail
# shellcheck source=tests/CephRbd.ArtifactTests/watch.sh
. "$ROOT/tests/CephRbd.ArtifactTests/watch.sh"

packages=$ARTIFACTS/packages
cd "$WORK"

# Each owner, group and time of day of a tar file on stdin, once.
owners_and_times() {
  TZ=UTC tar --list --verbose --numeric-owner --full-time --file - | awk '{ print $2, $4, $5 }' | sort -u
}

# needed_glibc BINARY
needed_glibc() {
  readelf -VW "$1" 2>/dev/null | grep -o 'GLIBC_[0-9.]*' | sort -uV | tail -n 1 | sed 's/GLIBC_//'
}

# check_scripts FOLDER: the scripts of the deployment, those that are run can be, and know their names.
check_scripts() {
  local file name
  for file in deploy_compute_node.sh build_frakti.sh build_hyperd.sh 7_floating_ip.sh install.sh lib.sh compute/files.sh; do
    cmp "$ROOT/deploy/node/$file" "$1/node/$file" || fail "$1 has no node/$file, or another one"
  done
  while IFS= read -r file; do
    cmp "$ROOT/deploy/$file" "$1/$file" || fail "$1 has no $file, or another one"
    [[ -x $ROOT/deploy/$file ]] || continue
    [[ -x $1/$file ]] || fail "$1/$file cannot be run"
    name=$(basename "$file")
    "$1/$file" --help >help.text || fail "$file --help failed"
    grep -q "usage: .*$name" help.text || fail "$file --help says: $(<help.text)"
  done < <(cd "$ROOT/deploy" && find node ceph -name '*.sh' -type f)
  [[ -s $1/examples/pod.yaml && -s $1/examples/config.json ]] || fail "$1 has no examples"
}

check_deb() {
  local rid=$1 arch=$2 deb symbols id stamp
  deb=$(echo "$packages/cephrbd_"*"_$arch.deb")
  symbols=$(echo "$packages/cephrbd-dbgsym_"*"_$arch.deb")
  [[ -f $deb && -f $symbols ]] || fail "not one package for $arch: $deb $symbols"
  # dpkg 1.18 knows these members only.
  expect $'debian-binary\ncontrol.tar.xz\ndata.tar.xz' ar t "$deb"
  expect $'debian-binary\ncontrol.tar.xz\ndata.tar.xz' ar t "$symbols"
  expect "$arch" dpkg-deb -f "$deb" Architecture
  dpkg-deb -R "$deb" "$arch"
  cmp "$ARTIFACTS/$rid/cephrbd" "$arch/usr/lib/cephrbd/cephrbd"
  cmp "$ROOT/deploy/node/place.sh" "$arch/usr/lib/cephrbd/place.sh"
  check_scripts "$arch/usr/share/cephrbd"
  (cd "$arch" && md5sum --quiet -c DEBIAN/md5sums) || fail "md5sums of $deb are wrong"
  (($(wc -l <"$arch/DEBIAN/md5sums") == $(find "$arch" -path "$arch/DEBIAN" -prune -o -type f -print | wc -l))) ||
    fail "$deb holds files that its md5sums do not"
  [[ " $(dpkg-deb -f "$deb" Depends)," == *" libc6 (>= $(needed_glibc "$arch/usr/lib/cephrbd/cephrbd")),"* ]] ||
    fail "$deb depends on $(dpkg-deb -f "$deb" Depends), its program on $(needed_glibc "$arch/usr/lib/cephrbd/cephrbd")"
  stamp=$(dpkg-deb --fsys-tarfile "$deb" | owners_and_times)
  [[ $stamp == '0/0 '* && $(wc -l <<<"$stamp") == 1 ]] || fail "owners and times in $deb: $stamp"
  id=$(readelf -nW "$arch/usr/lib/cephrbd/cephrbd" | sed -n 's/.*Build ID: *//p')
  dpkg-deb -c "$symbols" | grep " ./usr/lib/debug/.build-id/${id:0:2}/${id:2}.debug$" >found ||
    fail "$symbols is not for the program with build id $id"
}

check_archive() {
  local rid=$1 archive name stamp file
  archive=$(echo "$packages/cephrbd-"*"-$rid.tar.gz")
  name=$(basename "$archive" .tar.gz)
  stamp=$(gzip -dc "$archive" | owners_and_times)
  [[ $stamp == '0/0 '* && $(wc -l <<<"$stamp") == 1 ]] || fail "owners and times in $archive: $stamp"
  tar -xzf "$archive"
  expect "$name" bash -c "tar -tzf '$archive' | cut -d / -f 1 | sort -u"
  cmp "$ARTIFACTS/$rid/cephrbd" "$name/cephrbd"
  for file in install.sh uninstall.sh place.sh in-use.sh; do
    [[ -x $name/$file ]] || fail "$file of $archive cannot be run"
    "$name/$file" --help >help.text || fail "$file --help failed"
    grep -q "usage: $file" help.text || fail "$file --help says: $(<help.text)"
  done
  check_scripts "$name"
  for file in LICENSE CHANGELOG.md README.md docs/install.md examples/config.json examples/config-host.json \
    third-party-notices-dotnet.txt cephrbd.8 cephrbd.completion; do
    [[ -s $name/$file ]] || fail "$archive has no $file"
  done
}

check_deb linux-x64 amd64
check_deb linux-arm64 arm64
check_archive linux-x64
check_archive linux-arm64

lintian --fail-on error,warning --allow-root "$packages"/cephrbd*.deb >lintian.text 2>&1 || fail "lintian: $(<lintian.text)"

# The program knows its verbs; its manual page and completion have to know the same.
amd64/usr/lib/cephrbd/cephrbd help | sed -n '/^As kubelet/,/^$/s/^  cephrbd \([a-z]*\).*/\1/p' | sort >verbs
(($(wc -l <verbs) >= 12)) || fail "help shows few verbs: $(<verbs)"
gzip -dc amd64/usr/share/man/man8/cephrbd.8.gz >cephrbd.8
man --warnings -E UTF-8 -l -Tutf8 -Z ./cephrbd.8 2>warnings >/dev/null || fail "man does not read the page: $(<warnings)"
[[ ! -s warnings ]] || fail "man warns: $(<warnings)"
sed -n '/^.SH VERBS/,/^.SH COMMANDS/s/^.BI\{0,1\} "\{0,1\}\([a-z]*\).*/\1/p' cephrbd.8 | grep -v '^$' | sort >documented
comm -23 verbs documented >missing
[[ ! -s missing ]] || fail "the manual page does not know: $(<missing)"
# shellcheck source=deploy/package/cephrbd.completion
. amd64/usr/share/bash-completion/completions/cephrbd
COMP_WORDS=(cephrbd --config x '') COMP_CWORD=3
_cephrbd
printf '%s\n' "${COMPREPLY[@]}" | sort >completed
comm -23 verbs completed >missing
[[ ! -s missing ]] || fail "the completion does not know: $(<missing)"
COMP_WORDS=(cephrbd status --j) COMP_CWORD=2
_cephrbd
[[ ${COMPREPLY[*]} == --json ]] || fail "completion of status --j: ${COMPREPLY[*]}"
COMP_WORDS=(cephrbd doctor --pool hyper --u) COMP_CWORD=4
_cephrbd
[[ ${COMPREPLY[*]} == --user ]] || fail "completion of doctor --u: ${COMPREPLY[*]}"

(cd "$packages" && sha256sum --quiet -c SHA256SUMS) || fail 'SHA256SUMS does not hold'
expect "$(find "$packages" -type f ! -name SHA256SUMS -printf '%P\n' | LC_ALL=C sort)" \
  sed 's/^[^ ]*  //' "$packages/SHA256SUMS"
printf 'all held\n'
