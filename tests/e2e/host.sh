# shellcheck shell=bash
# Runtime host: the same node once more, in a kernel of its own with rbd (user-mode Linux), on the
# cluster of the others. Needs node.sh, lib.sh; outside of the guest.
# shellcheck disable=SC2034,SC2154

host_stage() {
  local share=$work/guest status=0
  mkdir -p "$share/log" "$share/tree/tests"
  # Under a folder that the guest lays memory over, it would not find them.
  cp -r "$root/deploy" "$share/tree/"
  cp -r "$here" "$share/tree/tests/e2e"
  cp "$DRIVER" "$share/cephrbd"
  cp "$KUBELET" "$share/kubelet"
  cp "$work/lab"/{ceph.conf,ceph.client.admin.keyring,ceph.client.cephrbd.keyring} "$share/"
  printf '%d %d\n' "$passed" "$failed" >"$share/counts"
  cat >"$share/guest.sh" <<GUEST
root='$share/tree' work='$share' KUBELET='$share/kubelet' DRIVER='$share/cephrbd'
export root work KUBELET DRIVER
exec bash "\$root/tests/e2e/guest.sh"
GUEST
  # The guest's processors are this machine's, and it needs the memory.
  kubelet_pid >/dev/null && kubelet_down TERM
  mkdir -p /run/netns
  ip netns attach e2e 1
  timeout -k 10 620 "$root/deploy/lab/uml/uml.sh" run --share "$share" --net e2e --addr 172.16.4.62/24 --mem 1536M --seconds 600 || status=$?
  ip netns del e2e
  cat "$share/output" || true
  read -r passed failed <"$share/counts"
  ((status == 0)) || {
    failed=$((failed + 1))
    printf 'not ok - the guest ended with %d\n' "$status"
  }
  count
}
