#!/usr/bin/env bash
# What is in the root of a compute node and in the overlay, for the architecture $1 with the
# driver $2, whose programs readelf says are for the machine $3.
set -euo pipefail
umask 022

# shellcheck source=deploy/lib/common.sh
. "$ROOT/deploy/lib/common.sh"

arch=$1
rid=$2
machine=$3
plugins=usr/libexec/kubernetes/kubelet-plugins/volume/exec
driver=$plugins/hyper~cephrbd/cephrbd
node=$WORK/node
bare=$WORK/bare

run=()
[[ $(dpkg --print-architecture) == "$arch" ]] || run=("$ROOT/deploy/image/emulate.sh")

# none WHAT: stdin has to be empty.
none() {
  local seen
  seen=$(head -n 5)
  [[ -z $seen ]] || die "$1: $seen"
}

# lines GREP ARGUMENT…: that nothing matches is no failure.
lines() {
  "$@" || (($? == 1))
}

# unpack ARCHIVE FOLDER
unpack() {
  mkdir -p "$2"
  tar -xpf "$1" -C "$2" --numeric-owner --keep-directory-symlink
}

# the_one PATTERN: the only file of that kind that was built.
the_one() {
  local -a found
  mapfile -t found < <(compgen -G "$ARTIFACTS/packages/$1")
  ((${#found[@]} == 1)) || die "there are ${#found[@]} files artifacts/packages/$1, and should be one"
  printf '%s\n' "${found[0]}"
}

# no_secrets: in the folder: keys, and what has to be another one on each node.
no_secrets() {
  find . \( -name '*.keyring' -o -name 'ssh_host_*' -o -name 'authorized_keys' -o -name '*.key' \
    -o -name random-seed -o -name '.bash_history' \) -type f | none 'a secret'
  lines grep -rlIE '^[[:space:]]*key *= *AQ|^-+BEGIN .*PRIVATE KEY' . | none 'a key'
}

# the_driver: in the plugin folder, whole and alone.
the_driver() {
  cmp "$driver" "$ARTIFACTS/$rid/cephrbd" || die 'the driver in the plugin folder is not the one that was built'
  find "$plugins" -mindepth 1 ! -path "$plugins/hyper~cephrbd" ! -path "$driver" | none 'more than the driver in the plugin folder'
  [[ $(stat -c '%a %u:%g' "$driver") == '755 0:0' ]] || die "the driver has $(stat -c '%a %u:%g' "$driver")"
  cmp etc/cephrbd/config.json "$ROOT/deploy/examples/config.json" || die 'the config is not the example'
  readelf -h "$driver" usr/lib/cephrbd/cephrbd | sed -n 's/ *Machine: *//p' | lines grep -v "$machine" | none 'the driver is for another machine'
}

# init_answers ROOT
init_answers() {
  # shellcheck disable=SC2016 # the inner shell's
  timeout 60 "${run[@]}" chroot "$1" "/$driver" init >"$WORK/init"
  jq -e '.status == "Success"' <"$WORK/init" >/dev/null || die "init answered: $(<"$WORK/init")"
}

archive=$(the_one "cephrbd-node_*_$arch.tar.xz")
step "${archive##*/}"
unpack "$archive" "$node"
cd "$node"
no_secrets
the_driver
[[ -f etc/machine-id && ! -s etc/machine-id ]] || die 'etc/machine-id is not an empty file'
[[ $(grep '^root:' etc/shadow) == root:[*!]:* ]] || die "root has a password, or needs none"
for file in etc/hostname etc/resolv.conf var/lib/dbus/machine-id; do
  [[ ! -e $file ]] || die "there is $file, of the machine that made it"
done
find tmp run -mindepth 1 | none 'left by its making'
find var/log var/lib/apt/lists -type f -size +0 | none 'a log or a list'
find . -xdev \( -name '*.deb' -o -name '*-old' -o -name 'aux-cache' -o -name '*.dpkg-new' -o -name '*.dpkg-dist' \) -type f | none 'left by its making'
lines grep -rE '^(deb|URIs:)' etc/apt | none 'an apt source'
lines grep -rlF -e "$ROOT" -e "$WORK" etc var | none 'a path of the machine that made it'
find . -xdev \( -nouser -o -nogroup -o -newermt "@$(stat -c %Y "$archive")" \) -type f | none 'not of the root, or younger than the archive'
dpkg-query --admindir="$node/var/lib/dpkg" -W -f '${db:Status-Abbrev}|${Architecture}|${Package}\n' >"$WORK/packages"
lines grep -vE "^ii \|($arch|all)\|" "$WORK/packages" | none 'a package that is not installed, or for another machine'
for package in cephrbd librados2 librbd1 rbd-nbd e2fsprogs xfsprogs systemd udev; do
  grep -q "|$package\$" "$WORK/packages" || die "$package is not installed"
done
find usr -type f -size +1 -print0 | { xargs -0 readelf -h 2>/dev/null || true; } | sed -n 's/ *Machine: *//p' | sort -u >"$WORK/machines"
[[ $(wc -l <"$WORK/machines") == 1 && $(<"$WORK/machines") == *"$machine"* ]] || die "programs are for: $(<"$WORK/machines")"
init_answers "$node"

archive=$(the_one "cephrbd-overlay_*_$arch.tar.gz")
step "${archive##*/}"
tar --numeric-owner -tvzf "$archive" | lines grep -vE '^[-dl][^ ]+ +0/0 ' | none 'not of root'
tar -tzf "$archive" | lines grep -E '^(\./?$|/|.*\.\.|lib|bin|sbin|var|run|tmp)' | none 'a path that an overlay must not have'
"$ROOT/deploy/image/base.sh" "$arch" "$bare"
[[ ! -e $bare/$plugins ]] || die 'the bare root has a plugin folder already'
unpack "$archive" "$bare"
[[ -L $bare/bin && -L $bare/lib ]] || die 'the overlay took the place of a link'
cd "$bare"
no_secrets
the_driver
init_answers "$bare"

step 'an overlay with another plugin folder and another config, twice'
other=/var/lib/kubelet/volume-plugins
for n in 1 2; do
  "$ROOT/deploy/image/overlay.sh" "$arch" "$WORK/$n.tar.gz" --plugin-dir "$other" --config "$ROOT/deploy/examples/config-host.json" >/dev/null
done
cmp "$WORK/1.tar.gz" "$WORK/2.tar.gz" || die 'two overlays of the same files differ'
unpack "$WORK/1.tar.gz" "$WORK/other"
cd "$WORK/other"
[[ -x .$other/hyper~cephrbd/cephrbd && ! -e $plugins ]] || die "the driver is not in $other alone"
cmp etc/cephrbd/config.json "$ROOT/deploy/examples/config-host.json" || die 'the config is not the one that was named'
grep -qx "Environment=KUBELET_EXTRA_ARGS=--volume-plugin-dir=$other" usr/lib/systemd/system/kubelet.service.d/20-cephrbd.conf ||
  die 'kubelet is not told the plugin folder'
(
  # shellcheck disable=SC1091 # a file of the overlay
  . etc/default/cephrbd
  [[ $PLUGIN_DIRS == "$other" ]]
) || die 'the package is not told the plugin folder'

step 'what is refused'
# refused WORDS COMMAND…
refused() {
  local words=$1
  shift
  if "$@" >"$WORK/said" 2>&1; then
    die "not refused: $*"
  fi
  grep -qF "$words" "$WORK/said" || die "$* said: $(<"$WORK/said")"
}
refused 'is not empty' "$ROOT/deploy/image/base.sh" "$arch" "$bare"
refused 'is no architecture' "$ROOT/deploy/image/overlay.sh" m68k "$WORK/x.tar.gz"
refused 'is no absolute path' "$ROOT/deploy/image/rootfs.sh" "$arch" "$WORK/x.tar.xz" --plugin-dir 'a b'
refused 'there is no' "$ROOT/deploy/image/overlay.sh" "$arch" "$WORK/x.tar.gz" --config "$WORK/absent"
find "$WORK" -maxdepth 1 \( -name '.overlay*' -o -name '.rootfs*' -o -name 'x.tar*' \) | none 'left by what was refused'
