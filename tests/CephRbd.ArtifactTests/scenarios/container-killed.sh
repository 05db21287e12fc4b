#!/usr/bin/env bash
# A container that is killed in the middle of placing leaves what kubelet may see as it was; the
# next one clears the rest away. And it waits for others that work on the same folder.
set -euo pipefail
# shellcheck source=tests/CephRbd.ArtifactTests/watch.sh
. "$ROOT/tests/CephRbd.ArtifactTests/watch.sh"
# shellcheck source=tests/CephRbd.ArtifactTests/container/image.sh
. "$ROOT/tests/CephRbd.ArtifactTests/container/image.sh"
# shellcheck source=tests/CephRbd.ArtifactTests/container/bundle.sh
. "$ROOT/tests/CephRbd.ArtifactTests/container/bundle.sh"

trap 'delete_containers' EXIT
trap 'exit 143' TERM
unpack_archive
driver=$ARTIFACTS/linux-x64/cephrbd
plugins=$WORK/plugins
mkdir "$plugins"
new_bundle node amd64 "$plugins"

# In place of dd, whatever stands for it in the shell, place.sh calls a program that stops half way.
cat >"$WORK/node/rootfs/bin/half-way" <<'PROGRAM'
#!/bin/sh
for argument; do
  case $argument in
    if=*) from=${argument#if=} ;;
    of=*) to=${argument#of=} ;;
  esac
done
head -c 2000000 "$from" >"$to"
sleep 100
PROGRAM
chmod 0755 "$WORK/node/rootfs/bin/half-way"
place=$WORK/node/rootfs/usr/lib/cephrbd/place.sh

stop_half_way() {
  sed 's|dd if=|/bin/half-way if=|' "$ROOT/deploy/node/place.sh" >"$place"
  grep -q /bin/half-way "$place" || fail 'place.sh calls no dd if=…: this test has to be changed'
}

go_on() {
  cp "$ROOT/deploy/node/place.sh" "$place"
}

# A half copy that was made since the container was started.
half_copied() {
  [[ $(find "$plugins" -path '*/.*' -type f -size 2000000c -newer "$WORK/began" | wc -l) == 1 ]]
}

start_and_stop_half_way() {
  stop_half_way
  touch "$WORK/began"
  start node
  within 10 half_copied || fail "no half copy: $(find "$plugins" -ls) $(<"$WORK/node/log")"
}

printf 'Killed in the first installation\n'
start_and_stop_half_way
expect '' visible "$plugins"
kill_hard node
expect '' visible "$plugins"
half_copied || fail 'the kill left no half copy, so this shows nothing'
go_on
start node
need_log node 'installed /plugins' 10
need_driver "$plugins" "$driver"

printf 'Killed while it replaces an older driver\n'
"${runc[@]}" kill node TERM
ended node 1
printf 'an older driver' >"$plugins/hyper~cephrbd/cephrbd"
start_and_stop_half_way
kill_hard node
expect $'./hyper~cephrbd\n./hyper~cephrbd/cephrbd' visible "$plugins"
expect 'an older driver' cat "$plugins/hyper~cephrbd/cephrbd"
half_copied || fail 'the kill left no half copy, so this shows nothing'

printf 'SIGTERM in the middle of a copy: it ends at once all the same\n'
start_and_stop_half_way
"${runc[@]}" kill node TERM
ended node 1
((status == 0)) || fail "it ended with $status"
expect 'an older driver' cat "$plugins/hyper~cephrbd/cephrbd"

printf 'It waits for another process that has the folder, and SIGTERM ends it then, too\n'
go_on
exec 8<"$plugins"
flock -n 8
start node
sleep 1.5
expect 'an older driver' cat "$plugins/hyper~cephrbd/cephrbd"
"${runc[@]}" kill node TERM
ended node 1
start node
sleep 0.5
expect 'an older driver' cat "$plugins/hyper~cephrbd/cephrbd"
flock -u 8
need_log node 'replaced /plugins' 5
need_driver "$plugins" "$driver"
