#!/usr/bin/env bash
# The archive's install.sh and uninstall.sh on a Debian: dry run, installation, no change, upgrade,
# rollback, a driver that does not answer, each check that fails, removal.
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

dir=/var/lib/kubelet/volume-plugins
driver=$dir/hyper~cephrbd/cephrbd
pod=/var/lib/kubelet/pods/1/volumes/hyper~cephrbd/data

# runs WORDS COMMAND…: on the node; it must succeed and say these words.
runs() {
  local words=$1
  shift
  on_node "$@" >"$WORK/said" 2>&1 || fail "'$*' ended with $?: $(<"$WORK/said")"
  grep -qF "$words" "$WORK/said" || fail "'$*' did not say '$words' but: $(<"$WORK/said")"
}

# refused WORDS COMMAND…: on the node; it must fail, say these words, and change nothing.
refused() {
  local words=$1
  shift
  tree "$WORK/tree.1"
  refuses "$words" on_node "$@"
  tree "$WORK/tree.2"
  diff "$WORK/tree.1" "$WORK/tree.2" || fail "'$*' was refused, and changed something"
}

# idle COMMAND…: it must succeed and change nothing.
idle() {
  tree "$WORK/tree.1"
  runs "$@"
  tree "$WORK/tree.2"
  diff "$WORK/tree.1" "$WORK/tree.2" || fail "'$*' changed something"
}

node_up --config=/etc/kubelet.yaml
printf 'kind: KubeletConfiguration\nvolumePluginDir: %s\n' "$dir" >"$node/etc/kubelet.yaml"
mkdir -p "$node$dir"
for rid in linux-x64 linux-arm64; do
  mkdir "$node/opt/$rid"
  tar -xzf "$(echo "$ARTIFACTS/packages/cephrbd-"*"-$rid.tar.gz")" -C "$node/opt/$rid" --strip-components 1
done
home=/opt/linux-x64
newer_binary "$node$home/cephrbd" "$node/root/newer"
tree "$WORK/before"

# All that is wrong is told at once.
printf 'GLIBC_2.99' | cat "$node$home/cephrbd" - >"$node/root/future"
cp "$node/opt/linux-arm64/cephrbd" "$node/root/foreign"
mkdir "$node/root/away"
mv "$node/usr/lib/x86_64-linux-gnu/"librbd.so.1* "$node/usr/sbin/mkfs.ext4" "$node/root/away"
on_node ldconfig
on_node mount -t tmpfs -o size=1m,noexec small "$dir"
refused 'glibc: glibc is 2.36, the driver needs 2.99' $home/install.sh --binary /root/future
for words in 'libraries: libraries are missing: apt install librbd1' 'mkfs: not there: mkfs.ext4' \
  "plugin-dir: $dir is mounted noexec" "space: $dir: " 'checks that failed: 5. Nothing was changed'; do
  refused "$words" $home/install.sh --binary /root/future
done
mv "$node/root/away/mkfs.ext4" "$node/usr/sbin"
mv "$node/root/away/"* "$node/usr/lib/x86_64-linux-gnu"
rmdir "$node/root/away"
on_node ldconfig
refused 'checks that failed: 1' $home/install.sh --skip plugin-dir
on_node mount -o remount,ro,exec,size=100m "$dir"
refused "plugin-dir: $dir cannot be written" $home/install.sh
on_node umount "$dir"
refused 'arch: /root/foreign is no program for x86_64' $home/install.sh --binary /root/foreign
refused 'root: only root can install' setpriv --reuid 1000 --clear-groups $home/install.sh --binary /usr/bin/true
refused 'there is no check nonsense' $home/install.sh --skip nonsense
printf '{"pol":"x"}\n' >"$node/root/bad.json"
refused 'config: the driver does not take /root/bad.json' $home/install.sh --config /root/bad.json
rm -f "$node"/root/{future,foreign,bad.json}

# The dry run says what the real one does.
idle "would install $driver" $home/install.sh --dry-run --config $home/examples/config.json
watch "$node$dir"
runs "installed $driver" $home/install.sh --config $home/examples/config.json
grep -qx 'done: the driver answers' "$WORK/said" || fail "$(<"$WORK/said")"
cmp "$node$home/examples/config.json" "$node/etc/cephrbd/config.json"
runs 'cephrbd ' cephrbd version
idle 'no change: all was there' $home/install.sh
idle 'kept /etc/cephrbd/config.json, which was there' $home/install.sh --config $home/examples/config-host.json

# Upgrade and rollback while the driver is called.
call_always "$node$driver" init
idle "would replace $driver" $home/install.sh --dry-run --binary /root/newer
runs "replaced $driver" $home/install.sh --binary /root/newer
cmp "$node/root/newer" "$node$driver"
idle "would put /var/lib/cephrbd/previous$dir/cephrbd back" $home/install.sh --rollback --dry-run
runs "replaced $driver" $home/install.sh --rollback
cmp "$node$home/cephrbd" "$node$driver"
runs "replaced $driver" $home/install.sh --rollback
cmp "$node/root/newer" "$node$driver"
runs "replaced $driver" $home/install.sh
end_calls 200
unwatch
expect "$(printf '%s\n' 'MOVED_TO,ISDIR hyper~cephrbd' 'MOVED_TO hyper~cephrbd/cephrbd' 'MOVED_TO hyper~cephrbd/cephrbd' \
  'MOVED_TO hyper~cephrbd/cephrbd' 'MOVED_TO hyper~cephrbd/cephrbd')" seen_events "$node$dir"

# A driver that does not answer is taken back, in all folders, also where there was none.
printf '#!/bin/sh\necho cannot run\n' >"$node/root/broken"
refuses 'the driver does not answer as it should: cannot run' on_node $home/install.sh --skip arch \
  --binary /root/broken --plugin-dir "$dir" --plugin-dir /srv/other
cmp "$node$home/cephrbd" "$node$driver"
refuses 'does not answer as it should' on_node $home/install.sh --skip arch --binary /root/broken --plugin-dir /srv/other
[[ ! -e $node/srv/other/hyper~cephrbd ]] || fail 'a driver that does not answer stayed'
rm -r "$node/root/broken" "$node/srv/other"

# Beside the Debian package there is no place for it.
cp "$ARTIFACTS"/packages/cephrbd_*_amd64.deb "$node/root/cephrbd.deb"
on_node dpkg -i /root/cephrbd.deb >/dev/null
refused 'package: the Debian package cephrbd is installed' $home/install.sh
refused 'the Debian package cephrbd is installed' $home/uninstall.sh
on_node dpkg -P cephrbd >/dev/null
rm "$node/root/cephrbd.deb"

runs "installed $driver" $home/install.sh --config $home/examples/config.json
on_node mkdir -p "$pod"
on_node mount -t tmpfs cephrbd "$pod"
refused "mounted: $pod" $home/uninstall.sh
on_node umount "$pod"
idle "would remove $dir/hyper~cephrbd" $home/uninstall.sh --purge --dry-run
runs "removed $driver" $home/uninstall.sh
[[ -e $node/etc/cephrbd/config.json ]] || fail 'without --purge the config has to stay'
runs 'done' $home/uninstall.sh --purge
idle 'no change: nothing was there' $home/uninstall.sh --purge
rm -r "${node:?}/var/lib/kubelet/pods"
tree "$WORK/after"
# What is empty was there, or may stay.
sed -i '/^\.\/usr\/local\/[^ ]* 755 0:0$/d; /^\.\/usr\/local\/[^ ]* 755 root:root$/d; /ld.so.cache/d' "$WORK/before" "$WORK/after"
diff "$WORK/before" "$WORK/after" >"$WORK/difference" || fail "uninstall.sh --purge left: $(<"$WORK/difference")"
printf 'all held\n'
