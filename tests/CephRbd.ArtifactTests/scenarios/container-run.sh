#!/usr/bin/env bash
# The image run by runc with the DaemonSet's rights: it places the driver, keeps it there, and
# takes it out when told to.
set -euo pipefail
# shellcheck source=tests/CephRbd.ArtifactTests/watch.sh
. "$ROOT/tests/CephRbd.ArtifactTests/watch.sh"
# shellcheck source=tests/CephRbd.ArtifactTests/container/image.sh
. "$ROOT/tests/CephRbd.ArtifactTests/container/image.sh"
# shellcheck source=tests/CephRbd.ArtifactTests/container/bundle.sh
. "$ROOT/tests/CephRbd.ArtifactTests/container/bundle.sh"

trap 'delete_containers; stop_watching' EXIT
trap 'exit 143' TERM
unpack_archive
driver=$ARTIFACTS/linux-x64/cephrbd
plugins=$WORK/plugins
placed=$plugins/hyper~cephrbd/cephrbd
mkdir "$plugins" "$WORK/keep"
new_bundle node amd64 "$plugins" "$WORK/keep"

printf 'An empty folder: the driver appears whole\n'
watch "$plugins"
start node
need_log node "installed /plugins/hyper~cephrbd/cephrbd" 10
is_ready node || fail "not ready though the driver is in place"
unwatch
need_driver "$plugins" "$driver"
# inotifywait may be too late for the new folder's inside; the one rename it sees is enough.
expect 'MOVED_TO,ISDIR hyper~cephrbd' seen_events "$plugins"
answer=$("$placed" init)
[[ $answer == '{"status":"Success",'* ]] || fail "init answers $answer"

printf 'It has the rights of the DaemonSet\n'
rights=$(grep -E '^(Cap(Inh|Prm|Eff|Bnd|Amb)|NoNewPrivs|Seccomp):' "/proc/$(<"$WORK/node/pid")/status" | tr -s '\t' ' ')
expect "$(printf 'Cap%s: 0000000000000000\n' Inh Prm Eff Bnd Amb)
NoNewPrivs: 1
Seccomp: 2" printf '%s\n' "$rights"
refuses 'Read-only file system' inside node touch /new
refuses 'permission denied' inside node mount -t tmpfs none /etc
refuses 'Operation not permitted' inside node chown 1:1 /plugins/hyper~cephrbd/cephrbd

printf 'Removed or changed by hand: it comes back, and the probe tells\n'
kill -STOP "$(<"$WORK/node/pid")"
rm -r "$plugins/hyper~cephrbd"
refuses 'there is no /plugins/hyper~cephrbd/cephrbd' inside node /entrypoint.sh ready
kill -CONT "$(<"$WORK/node/pid")"
within 5 is_ready node || fail "the driver did not come back: $(<"$WORK/node/log")"
expect 2 grep -c 'installed /plugins' "$WORK/node/log"
kill -STOP "$(<"$WORK/node/pid")"
printf 'an older driver' >"$placed"
refuses 'is not the driver of this image' inside node /entrypoint.sh ready
kill -CONT "$(<"$WORK/node/pid")"
need_log node "replaced /plugins/hyper~cephrbd/cephrbd" 5
need_driver "$plugins" "$driver"
expect 'an older driver' cat "$WORK/keep/plugins/cephrbd"

printf 'While nothing is to be done it touches nothing, says nothing and leaves nothing\n'
watch "$plugins"
sed -n '$=' "$WORK/node/log" >"$WORK/lines"
sleep 3.5
unwatch
expect '' cat "$WORK/events"
expect "$(<"$WORK/lines")" sed -n '$=' "$WORK/node/log"
processes=$(inside node ps)
(($(wc -l <<<"$processes") <= 8)) || fail "processes are left in the container: $processes"

printf 'SIGTERM: it ends at once, the driver stays\n'
began=$(now)
"${runc[@]}" kill node TERM
ended node 1
printf '  it took %d ms\n' "$(($(now) - began))"
((status == 0)) || fail "it ended with $status"
logged node 'told to end; the driver stays in place' || fail "no word of the end: $(<"$WORK/node/log")"
need_driver "$plugins" "$driver"

printf 'Started again: nothing to do; told to remove: it removes, and does not place it again\n'
watch "$plugins"
start node
need_log node 'unchanged /plugins/hyper~cephrbd/cephrbd' 10
unwatch
expect '' cat "$WORK/events"
inside node /entrypoint.sh remove
[[ ! -e $plugins/hyper~cephrbd ]] || fail "the driver is there after remove"
sleep 3
expect '' visible "$plugins"
is_ready node && fail 'ready without a driver'
[[ -d /proc/$(<"$WORK/node/pid") ]] || fail 'the container did not stay'
"${runc[@]}" kill node TERM
ended node 1

printf 'remove as a container of its own\n'
start node
need_log node 'installed /plugins/hyper~cephrbd/cephrbd' 10
"${runc[@]}" kill node TERM
ended node 1
change_config node '.process.args += ["remove"]'
start node
ended node 10
((status == 0)) || fail "remove ended with $status: $(<"$WORK/node/log")"
logged node 'removed /plugins/hyper~cephrbd/cephrbd' || fail "remove said: $(<"$WORK/node/log")"
expect '' find "$plugins" -mindepth 1
