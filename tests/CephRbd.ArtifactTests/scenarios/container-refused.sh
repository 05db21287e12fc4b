#!/usr/bin/env bash
# What the container cannot do it says, and ends with a failure that the node shows.
set -euo pipefail
# shellcheck source=tests/CephRbd.ArtifactTests/watch.sh
. "$ROOT/tests/CephRbd.ArtifactTests/watch.sh"
# shellcheck source=tests/CephRbd.ArtifactTests/container/image.sh
. "$ROOT/tests/CephRbd.ArtifactTests/container/image.sh"
# shellcheck source=tests/CephRbd.ArtifactTests/container/bundle.sh
. "$ROOT/tests/CephRbd.ArtifactTests/container/bundle.sh"

trap 'delete_containers; umount "$WORK/small" 2>/dev/null || true' EXIT
trap 'exit 143' TERM
unpack_archive
plugins=$WORK/plugins
mkdir "$plugins"
new_bundle node amd64 "$plugins"
cp "$WORK/node/config.json" "$WORK/config.json"

# refused WORDS: a container that starts now ends with status 1 and says this; kubelet sees nothing.
refused() {
  start node
  ended node 10
  ((status == 1)) || fail "it ended with $status, not 1: $(<"$WORK/node/log")"
  logged node "$1" || fail "the log does not say '$1' but: $(<"$WORK/node/log")"
  expect '' find "$plugins" -mindepth 1
}

printf 'No folder is mounted\n'
change_config node '.mounts |= map(select(.destination != "/plugins"))'
refused "nothing is mounted at /plugins: mount the node's plugin folder there"

printf 'The folder is mounted read-only\n'
cp "$WORK/config.json" "$WORK/node/config.json"
change_config node '(.mounts[] | select(.destination == "/plugins").options) += ["ro"]'
refused 'Read-only file system'

printf 'The folder belongs to somebody else\n'
cp "$WORK/config.json" "$WORK/node/config.json"
chown 1000 "$plugins"
refused '/plugins belongs to uid 1000: give it to root, or the container CAP_DAC_OVERRIDE'
chown 0 "$plugins"

printf 'The disk is full\n'
mkdir "$WORK/small"
mount -t tmpfs -o size=1m none "$WORK/small"
change_config node '(.mounts[] | select(.destination == "/plugins").source) = "'"$WORK/small"'"'
refused 'No space left on device'
expect '' find "$WORK/small" -mindepth 1

printf 'Arguments that it does not know\n'
cp "$WORK/config.json" "$WORK/node/config.json"
change_config node '.process.args += ["place"]'
start node
ended node 10
((status == 2)) || fail "it ended with $status, not 2"
logged node 'usage: /entrypoint.sh' || fail "it said $(<"$WORK/node/log")"
