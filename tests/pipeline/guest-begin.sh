# shellcheck shell=bash
# The beginning of what is run in the guest: Ceph's files and the project's where a node has them.
# The folders are memory laid over the machine's.
set -euo pipefail
share=$(cd "$(dirname "$0")" && pwd)
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8
install -m 0644 "$share/ceph.conf" /etc/ceph/ceph.conf
install -m 0600 "$share/ceph.client.cephrbd.keyring" /etc/ceph/ceph.client.cephrbd.keyring
mount -t tmpfs tmp /opt
cp -r "$share/cephrbd" /opt/cephrbd
printf '{"runtime":"host","user":"cephrbd","stagingDir":"/mnt/staging","scratchDir":"/run/scratch"}\n' >/run/config.json
export CEPHRBD_CONFIG=/run/config.json
driver=/opt/cephrbd/cephrbd

start_udevd() {
  mkdir -p /run/udev
  /lib/systemd/systemd-udevd --daemon
  udevadm settle --timeout=20
}

# call VERB ARGUMENT…: fails unless the driver says Success.
call() {
  local said
  said=$(timeout 100 "$driver" "$@")
  printf '%s\n' "$said"
  [[ $said == *'"status":"Success"'* ]]
}
