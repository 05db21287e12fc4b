#!/usr/bin/env bash
# What kubelet is told of the runtime, without a cluster.
# shellcheck source=tests/CephRbd.LabTests/Kernel/lib.sh
. "$(dirname "$0")/lib.sh"

ip link set vec0 down
succeed init
jq -e '.capabilities == {attach: false, fsGroup: true, selinuxRelabel: true, supportsMetrics: true, requiresFSResize: true}' <<<"$reply" >/dev/null || die "$reply"
configure attach=true
succeed init
[[ $(jq -r .capabilities.attach <<<"$reply") == true ]] || die "$reply"
