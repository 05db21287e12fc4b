#!/usr/bin/env bash
# kubelet: absent, not running, running with flags that do not go with the config, stopped.
# shellcheck source=tests/CephRbd.LabTests/Doctor/node/lib.sh
. "$(dirname "$0")/../lib.sh"

ask
finding kubelet skipped 'not on this node'
finding plugin-folder skipped

printf '[Service]\nExecStart=/usr/bin/kubelet\n' >/etc/systemd/system/kubelet.service
ask
finding kubelet failed 'does not run' 'systemctl enable --now kubelet'
finding plugin-folder failed 'kubelet does not run'

kubelet
ask
finding kubelet failed 'runtime is hyper' '--container-runtime-endpoint=unix:///var/run/frakti.sock'
stop "$pid"

kubelet --container-runtime remote --container-runtime-endpoint unix:///var/run/frakti.sock
ask
finding kubelet ok "pid $pid" unix:///var/run/frakti.sock 'by the controller'
configure 'runtime:"host"'
ask
finding kubelet warning '"runtime": "hyper"'
stop "$pid"

configure 'runtime:"host"' attach:true
kubelet --container-runtime-endpoint=unix:///run/containerd/containerd.sock
ask
finding kubelet warning --enable-controller-attach-detach=false
stop "$pid"

# What the remedy asks for, in kubelet's config file.
printf 'kind: KubeletConfiguration\nenableControllerAttachDetach: false\ncontainerRuntimeEndpoint: unix:///run/c.sock\n' >/var/lib/kubelet/config.yaml
kubelet --config=/var/lib/kubelet/config.yaml
ask
finding kubelet ok 'by kubelet' unix:///run/c.sock

kill -STOP "$pid"
ask
finding kubelet failed "pid $pid, stopped by a signal" "kill -CONT $pid"
bash -c "${remedy%%;*}"
ask
finding kubelet ok
