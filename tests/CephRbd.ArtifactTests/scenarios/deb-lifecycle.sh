#!/usr/bin/env bash
# The Debian package on a Debian: installed, upgraded, rolled back, refused, removed, purged,
# while every event that kubelet would see is written down and the driver is called on and on.
set -euo pipefail
# shellcheck source=tests/CephRbd.ArtifactTests/watch.sh
. "$ROOT/tests/CephRbd.ArtifactTests/watch.sh"
# shellcheck source=tests/CephRbd.ArtifactTests/package/node.sh
. "$ROOT/tests/CephRbd.ArtifactTests/package/node.sh"

finish() {
  local status=$?
  trap - EXIT
  stop_watching
  node_down
  exit "$status"
}
trap finish EXIT
trap 'exit 143' TERM

dir=/var/lib/kubelet/plugins-of-this-test
driver=$dir/hyper~cephrbd/cephrbd
pod=/var/lib/kubelet/pods/1/volumes/hyper~cephrbd/data

# other VERSION NAME [BINARY]: the package of another version, with another driver.
other() {
  local tree=$WORK/other
  rm -rf "$tree"
  dpkg-deb -R "$package" "$tree"
  sed -i "s/^Version: .*/Version: $1/" "$tree/DEBIAN/control"
  if (($# > 2)); then
    install -m 0755 "$3" "$tree/usr/lib/cephrbd/cephrbd"
  else
    printf '%s' "$1" >>"$tree/usr/lib/cephrbd/cephrbd"
  fi
  dpkg-deb --root-owner-group -Zgzip -z1 --build "$tree" "$node/root/$2.deb" >/dev/null
}

install_deb() {
  on_node dpkg --force-confold -i "/root/$1.deb" >"$WORK/dpkg" 2>&1
}

placed() {
  cmp "$node/usr/lib/cephrbd/cephrbd" "$node$1/hyper~cephrbd/cephrbd"
}

packages=("$ARTIFACTS"/packages/cephrbd_*_amd64.deb)
((${#packages[@]} == 1)) || fail "not one package: ${packages[*]}"
package=${packages[0]}

node_up --v=2 --volume-plugin-dir "$dir"
mkdir -p "$node$dir" "$node/etc/cephrbd"
cp "$package" "$node/root/now.deb"
other 9.0.0-1 next
# A program, not a script: sh would open a script once more, by its name, and find whatever has
# been put in its place meanwhile.
printf '%s\n' 'int puts(const char *); int main(void) { puts("cannot run"); return 127; }' |
  gcc -x c -o "$WORK/broken" -
other 9.0.1-1 broken "$WORK/broken"
tree "$WORK/before"

# Installation; upgrades and downgrades while the driver is called 1,000 times.
watch "$node/var/lib/kubelet"
install_deb now || fail "$(<"$WORK/dpkg")"
grep -q "installed $driver" "$WORK/dpkg" || fail "$(<"$WORK/dpkg")"
placed "$dir"
expect "cephrbd $(dpkg-deb -f "$package" Version | sed 's/-1$//') (linux-x64)" \
  bash -c "$(declare -f on_node); first=$first; on_node cephrbd version | head -n 1"
call_always "$node$driver" init
wanted=$'MOVED_TO,ISDIR '"${dir##*/}"$'/hyper~cephrbd'
for version in next now next now; do
  install_deb "$version" || fail "$(<"$WORK/dpkg")"
  grep -q "replaced $driver" "$WORK/dpkg" || fail "$(<"$WORK/dpkg")"
  placed "$dir"
  wanted+=$'\nMOVED_TO '"${dir##*/}"/hyper~cephrbd/cephrbd
done
install_deb now
grep -q "unchanged $driver" "$WORK/dpkg" || fail "the same package again: $(<"$WORK/dpkg")"

# A driver that does not answer is taken back, and dpkg says that it failed.
if install_deb broken; then
  fail 'a driver that does not answer was installed'
fi
grep -q 'does not answer as it should: it ended with 127: cannot run' "$WORK/dpkg" || fail "$(<"$WORK/dpkg")"
wanted+=$'\nMOVED_TO '"${dir##*/}"/hyper~cephrbd/cephrbd$'\nMOVED_TO '"${dir##*/}"/hyper~cephrbd/cephrbd
# init of the broken one may be called in between; all other calls must succeed.
end_calls 1000 'cannot run'
unwatch
expect "$wanted" seen_events "$node/var/lib/kubelet"
install_deb now || fail "$(<"$WORK/dpkg")"
placed "$dir"

# The admin's own choice of folders, and his conffile, hold.
printf 'PLUGIN_DIRS="/srv/one /srv/two"\n' >"$node/etc/default/cephrbd"
install_deb next || fail "$(<"$WORK/dpkg")"
placed /srv/one
placed /srv/two
placed "$dir"
expect 'PLUGIN_DIRS="/srv/one /srv/two"' cat "$node/etc/default/cephrbd"
rm "$node$driver"
rmdir "$node${driver%/*}"
on_node dpkg-reconfigure cephrbd >"$WORK/dpkg" 2>&1 || fail "$(<"$WORK/dpkg")"
[[ ! -e $node$driver ]] || fail 'the driver came back where nobody asked for it'
placed /srv/one

# Not while a pod has a volume.
on_node mkdir -p "$pod"
on_node mount -t tmpfs cephrbd "$pod"
if on_node dpkg -r cephrbd >"$WORK/dpkg" 2>&1; then
  fail 'removed while a volume was mounted'
fi
grep -q "mounted: $pod" "$WORK/dpkg" || fail "$(<"$WORK/dpkg")"
grep -q 'kubectl drain' "$WORK/dpkg" || fail "$(<"$WORK/dpkg")"
placed /srv/one
# The wish to remove it is remembered, the package is all there.
# shellcheck disable=SC2016 # for dpkg-query to expand
expect installed on_node dpkg-query -W -f '${db:Status-Status}' cephrbd
on_node_env=CEPHRBD_REMOVE_IN_USE=yes on_node dpkg -r cephrbd >"$WORK/dpkg" 2>&1 || fail "$(<"$WORK/dpkg")"
[[ ! -e $node/srv/one/hyper~cephrbd && ! -e $node/srv/two/hyper~cephrbd ]] || fail 'a removed package left its driver'
on_node umount "$pod"
install_deb now || fail "$(<"$WORK/dpkg")"

# A purge leaves nothing.
printf '{}\n' >"$node/etc/cephrbd/config.json"
mkdir -p "$node/var/log/cephrbd" "$node/var/lib/cephrbd/mounts"
watch "$node/srv/one"
on_node dpkg -P cephrbd >"$WORK/dpkg" 2>&1 || fail "$(<"$WORK/dpkg")"
unwatch
expect 'MOVED_FROM,ISDIR hyper~cephrbd' bash -c "$(declare -f seen_events); WORK=$WORK; seen_events '$node/srv/one' | head -n 1"
rm -r "${node:?}/var/lib/kubelet/pods" "$node/srv/one" "$node/srv/two"
mkdir -p "$node/etc/cephrbd"
tree "$WORK/after"
diff "$WORK/before" "$WORK/after" >"$WORK/difference" || fail "a purge left: $(<"$WORK/difference")"
printf 'all held\n'
