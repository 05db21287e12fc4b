#!/usr/bin/env bash
# A volume's whole way through runtime host, in a real kernel: mapped, formatted, mounted,
# shared, let go; and after a reboot the data is there.
set -euo pipefail
umask 077

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
# shellcheck source=deploy/lib/common.sh
. "$here/../lib/common.sh"
# shellcheck source=deploy/lab/demo-run.sh
. "$here/demo-run.sh"

net=cephrbd-demo-$$
child=

clean_up() {
  local bad=0
  if [[ -n $child ]]; then
    kill -TERM "$child" 2>/dev/null || true
    wait "$child" 2>/dev/null || true
  fi
  "$here/lab.sh" down --dir "$tmp/lab" || bad=1
  "$here/uml/uml.sh" net down "$net" || bad=1
  rm -rf --one-file-system "$tmp" || bad=1
  if [[ -e $tmp || -e /run/netns/$net ]]; then
    warn "$tmp or the network $net stays"
    bad=1
  fi
  return "$bad"
}

# boot NUMBER: a kernel that knows nothing of the one before. What it says is shown while
# it runs.
boot() {
  local status=0 tail_pid
  printf '%s\n' "$1" >"$share/boot"
  : >"$share/output"
  step "boot $1"
  "$here/uml/uml.sh" run --share "$share" --net "$net" --addr 172.16.4.102/24 --mem 1G --seconds 240 &
  child=$!
  # uml.sh begins the output anew: follow the name, not the file.
  tail -q -n +1 -F --pid="$child" "$share/output" 2>/dev/null &
  tail_pid=$!
  wait "$child" || status=$?
  child=
  wait "$tail_pid" || true
  ((status == 0)) || die "boot $1 ended with status $status"
}

begin_demo 'make network namespaces'
share=$tmp/share
"$here/uml/uml.sh" net up "$net" 172.16.4.101/24
ip netns exec "$net" "$here/lab.sh" up --dir "$tmp/lab" --addr 172.16.4.101 >/dev/null
mkdir "$share"
cp "$binary" "$here/show.sh" "$tmp/lab/ceph.client.admin.keyring" "$tmp/lab/ceph.client.cephrbd.keyring" "$share/"
cp "$here/demo-guest.sh" "$share/guest.sh"
# The guest lays memory over /tmp; it sees the shared folder alone.
sed "s#$tmp/lab#$share#" "$tmp/lab/ceph.conf" >"$share/ceph.conf"

boot 1
boot 2

end_demo
