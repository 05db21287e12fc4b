#!/usr/bin/env bats
# 0_install_ceph.sh, with the real apt and a mirror of small packages, signed by a key of its own

load stubs

script=$BATS_TEST_DIRNAME/../../deploy/ceph/0_install_ceph.sh

# package FOLDER NAME VERSION: one that holds a program where the real one does.
package() {
  local tree=$1/tree-$2
  mkdir -p "$tree/DEBIAN"
  printf 'Package: %s\nVersion: %s\nArchitecture: %s\nMaintainer: nobody\nDescription: a test\n' \
    "$2" "$3" "$(dpkg --print-architecture)" >"$tree/DEBIAN/control"
  if [[ $2 == ceph-common ]]; then
    mkdir -p "$tree/usr/bin"
    printf '#!/bin/sh\necho "ceph version %s (0123456789abcdef)"\n' "${3%%-*}" >"$tree/usr/bin/ceph"
    chmod 0755 "$tree/usr/bin/ceph"
  fi
  dpkg-deb -Zgzip -z1 --root-owner-group -b "$tree" "$1/debian-jewel/pool/$2_$3.deb" >/dev/null
  rm -r "$tree"
}

# mirror FOLDER VERSION…: a mirror with all packages in these versions.
mirror() {
  local folder=$1 version name file dist=$1/debian-jewel/dists/xenial
  shift
  mkdir -p "$folder/debian-jewel/pool" "$dist/main/binary-$(dpkg --print-architecture)"
  for version; do
    for name in ceph-common librados2 librbd1 ceph-mon ceph-osd; do
      package "$folder" "$name" "$version"
    done
  done
  (
    cd "$folder/debian-jewel" || exit
    for file in pool/*.deb; do
      dpkg-deb -f "$file"
      printf 'Filename: %s\nSize: %s\nSHA256: %s\n\n' "$file" "$(stat -c %s "$file")" "$(sha256sum "$file" | cut -d' ' -f1)"
    done >"dists/xenial/main/binary-$(dpkg --print-architecture)/Packages"
    cd dists/xenial || exit
    {
      printf 'Origin: test\nSuite: xenial\nCodename: xenial\nArchitectures: %s\nComponents: main\nDate: %s\nSHA256:\n' \
        "$(dpkg --print-architecture)" "$(date -Ru)"
      file=main/binary-$(dpkg --print-architecture)/Packages
      printf ' %s %s %s\n' "$(sha256sum "$file" | cut -d' ' -f1)" "$(stat -c %s "$file")" "$file"
    } >Release
    gpg --homedir "$folder/gpg" --batch --quiet --yes --clearsign -o InRelease Release
  )
  chmod -R a+rX "$folder/debian-jewel"
}

setup_file() {
  base=$BATS_FILE_TMPDIR/mirror
  export base
  mkdir -p "$base/gpg"
  chmod 0700 "$base/gpg"
  gpg --homedir "$base/gpg" --batch --quiet --passphrase '' --quick-gen-key 'mirror <mirror@invalid>' rsa2048 sign never 2>/dev/null
  gpg --homedir "$base/gpg" --batch --armor --export >"$base/release.asc"
  gpg --homedir "$base/gpg" --batch --with-colons --list-keys | awk -F: '$1 == "fpr" { print $10; exit }' >"$base/fingerprint"
  mirror "$base" 10.2.10-1xenial 12.2.0-1xenial
}

teardown_file() { gpgconf --homedir "$base/gpg" --kill gpg-agent; }

# A xenial without Ceph, whose own sources are empty.
setup() {
  node_new
  print=$(<"$base/fingerprint")
  mkdir -p "$upper/etc/apt" "$upper/var/lib/dpkg" "$node_root/run/mirror"
  cp -r "$base/debian-jewel" "$base/release.asc" "$node_root/run/mirror/"
  chmod -R a+rX "$node_root/run" "$node_root/run/mirror"
  awk -v RS= -v ORS='\n\n' '$0 !~ /^Package: (lib)?(python3?-)?(ceph|rados|rbd|rgw|cephfs|qemu-block-extra)/' /var/lib/dpkg/status >"$upper/var/lib/dpkg/status"
  node bash -c 'rm -rf /etc/apt/sources.list*; mkdir -p /etc/apt/sources.list.d; rm -f /usr/bin/ceph'
  printf 'NAME=Kylin\nPRETTY_NAME="Kylin 4.0.2"\nVERSION_CODENAME=juniper\n' |
    node bash -c 'rm -f /etc/os-release; cat >/etc/os-release'
}

teardown() { node_check; }

put_secret() {
  mkdir -p "$upper${1%/*}"
  (umask 077 && cat >"$upper$1")
}

jewel() { node "$script" --release jewel --mirror file:/run/mirror "$@"; }

@test "Jewel from a mirror: key, pin, packages, proof; then no change" {
  run jewel --key /run/mirror/release.asc --fingerprint "$print"
  [ "$status" -eq 0 ]
  has 'ceph version 10.2.10'
  has 'ii  librbd1 10.2.10-1xenial'
  has 'ii  ceph-mon 10.2.10-1xenial'
  has 'done: Ceph 10.2.10-1xenial is installed'
  grep -qxF 'deb [signed-by=/usr/share/keyrings/cephrbd-ceph.gpg] file:/run/mirror/debian-jewel/ xenial main' \
    "$upper/etc/apt/sources.list.d/cephrbd-ceph.list"
  # Without the pin it would have been Luminous, which the mirror has as well.
  run node apt-cache policy ceph-common
  has '12.2.0-1xenial'
  before=$(changes | grep -v /var/log)
  run jewel
  [ "$status" -eq 0 ]
  has 'no change: '
  diff <(printf "%s\n" "$before") <(changes | grep -v /var/log)
}

@test "--role client installs no daemons" {
  run jewel --key /run/mirror/release.asc --fingerprint "$print" --role client
  [ "$status" -eq 0 ]
  has_not ceph-mon
  has_not ceph-osd
}

@test "a key with another fingerprint is refused, and a key without one is shown" {
  before=$(changes | grep -v /var/log)
  run jewel --key /run/mirror/release.asc --fingerprint "${print//[0-9]/A}"
  [ "$status" -eq 1 ]
  has "has the fingerprint $print, not"
  run jewel --key /run/mirror/release.asc
  [ "$status" -eq 1 ]
  has "then give --fingerprint $print"
  run jewel
  [ "$status" -eq 1 ]
  has "Jewel's packages need the mirror's signing key"
  [ ! -e "$upper/etc/apt/sources.list.d/cephrbd-ceph.list" ]
  [ ! -e "$upper/usr/share/keyrings/cephrbd-ceph.gpg" ]
}

@test "a mirror without Jewel: nothing is installed, and its source is taken away again" {
  rm "$node_root/run/mirror/debian-jewel/pool/"*10.2.10*
  # shellcheck disable=SC2030,SC2031
  (
    base=$BATS_TEST_TMPDIR/luminous
    mkdir "$base"
    cp -r "$BATS_FILE_TMPDIR/mirror/gpg" "$base/"
    mirror "$base" 12.2.0-1xenial
    gpgconf --homedir "$base/gpg" --kill gpg-agent
    rm -r "$node_root/run/mirror/debian-jewel"
    cp -r "$base/debian-jewel" "$node_root/run/mirror/"
  )
  run jewel --key /run/mirror/release.asc --fingerprint "$print"
  [ "$status" -eq 1 ]
  has 'ceph-common: apt would install 12.2.0-1xenial, not 10.2'
  has 'nothing was installed'
  [ ! -e "$upper/etc/apt/sources.list.d/cephrbd-ceph.list" ]
  [ ! -e "$upper/etc/apt/preferences.d/cephrbd-ceph" ]
  run node dpkg -l ceph-common
  [ "$status" -ne 0 ]
}

@test "packages that the key has not signed are not installed" {
  printf 'Label: changed\n' >>"$node_root/run/mirror/debian-jewel/dists/xenial/InRelease"
  sed -i 's/^Suite: xenial/Suite: evil/' "$node_root/run/mirror/debian-jewel/dists/xenial/InRelease"
  run jewel --key /run/mirror/release.asc --fingerprint "$print"
  [ "$status" -eq 1 ]
  [ ! -e "$upper/etc/apt/sources.list.d/cephrbd-ceph.list" ]
}

@test "distribution with one source line, and no other asked; another release needs --allow-change" {
  line='deb [trusted=yes] file:/run/mirror/debian-jewel/ xenial main'
  printf 'deb [trusted=yes] file:/nowhere/ x main\n' | node bash -c 'cat >/etc/apt/sources.list'
  run node "$script" --release distribution --source "$line" --role client
  [ "$status" -eq 1 ]
  has 'the sources could not be read'
  run node "$script" --release distribution --source "$line" --only-source --role client
  [ "$status" -eq 0 ]
  has 'ceph version 12.2.0'
  run jewel --key /run/mirror/release.asc --fingerprint "$print" --role client
  [ "$status" -eq 1 ]
  has 'ceph-common 12.2.0-1xenial is installed, which is not Jewel'
  node rm /etc/apt/sources.list
  run jewel --key /run/mirror/release.asc --fingerprint "$print" --role client --allow-change
  [ "$status" -eq 0 ]
  has 'ceph version 10.2.10'
  run node "$script" --release distribution
  [ "$status" -eq 1 ]
  has 'Jewel from a mirror was chosen on this node'
}

@test "the proxy is for this run only, and in no argument" {
  # apt is asked for what it would use, in its own words.
  act 'apt-get *' 'apt-config dump | grep -i -e proxy -e SourceParts -e Retries >>/run/stub/dump; stat -c %a "$APT_CONFIG" >>/run/stub/dump; exit 1'
  printf 'http://user:geheim@172.16.4.9:8118\n' | put_secret /root/proxy
  printf 'Acquire::http::Proxy "http://old:1";\n' | node bash -c 'cat >/etc/apt/apt.conf'
  run node "$script" --release distribution --proxy @/root/proxy
  [ "$status" -eq 1 ]
  grep -qF 'Acquire::http::Proxy "http://user:geheim@172.16.4.9:8118"' "$stubs/dump"
  grep -qF 'Acquire::https::Proxy "http://user:geheim@172.16.4.9:8118"' "$stubs/dump"
  grep -qx 600 "$stubs/dump"
  secretly geheim
  [ -z "$(find "$node_root/run" -name 'cephrbd-deploy.*' -type d)" ]
  run node "$script" --release distribution --proxy http://user:geheim@172.16.4.9:8118
  [ "$status" -eq 2 ]
  secretly geheim
  node chmod 644 /root/proxy
  run node "$script" --release distribution --proxy @/root/proxy
  [ "$status" -eq 2 ]
  has 'must be readable by root only'
}

@test "a held dpkg lock is waited for, and its holder named" {
  printf '%s\n' 'perl -e '"'"'use Fcntl; open F, ">", shift or die; $l = pack "s s l! l! i", F_WRLCK, 0, 0, 0, 0; fcntl(F, F_SETLK, $l) or die $!; sleep 30'"'"' "$root/var/lib/dpkg/lock" >/dev/null 2>&1 &
    sleep 0.3' >"$stubs/before"
  run node "$script" --release distribution --wait 1
  [ "$status" -eq 1 ]
  has 'has been holding a lock of dpkg or apt for 1 s'
}

@test "the release must be chosen; the one that suits is named, Kylin's too" {
  run node "$script"
  [ "$status" -eq 2 ]
  has 'this node (Kylin 4.0.2) suits: jewel'
  run node "$script" --release luminous
  [ "$status" -eq 2 ]
  printf 'PRETTY_NAME="Debian 12"\nVERSION_CODENAME=bookworm\n' | node bash -c 'cat >/etc/os-release'
  run node "$script"
  has 'suits: distribution'
  run jewel --key /run/mirror/release.asc --fingerprint "$print"
  [ "$status" -eq 1 ]
  has 'Jewel was built for xenial'
}

@test "architecture, clock and space are told together" {
  answer 'dpkg --print-architecture' mips64el
  answer 'date +%s' 1533600000
  answer 'date -u +%Y-%m-%d' 2018-08-07
  answer 'date -u +%Y-%m-%dT*' 2018-08-07T00:00:00Z
  answer 'df -Pk *' 'Filesystem 1024-blocks Used Available Capacity Mounted
/dev/sda1 100 50 51200 50% /'
  run node "$script" --release distribution
  [ "$status" -eq 1 ]
  has 'this node is mips64el'
  has 'the clock says 2018-08-07'
  has '50 MiB are free on the file system of /usr; 1024 are needed'
  has 'checks that failed: 3'
}

@test "a dry run changes nothing" {
  before=$(changes)
  run jewel --key /run/mirror/release.asc --fingerprint "$print" --dry-run
  [ "$status" -eq 0 ]
  has 'would write: /etc/apt/sources.list.d/cephrbd-ceph.list'
  has 'would run: apt-get install ceph-common librados2 librbd1 ceph-mon ceph-osd'
  diff <(printf "%s\n" "$before") <(changes)
}

@test "passwords in URLs are refused" {
  run node "$script" --release jewel --mirror https://user:geheim@mirror/ceph
  [ "$status" -eq 2 ]
  run node "$script" --release distribution --source 'deb https://user:geheim@mirror/ x main'
  [ "$status" -eq 2 ]
}

@test "in Chinese" {
  run chinese_node "$script" --release jewel --mirror file:/run/mirror
  [ "$status" -eq 1 ]
  has '安装 Jewel 需要镜像的签名公钥'
}
