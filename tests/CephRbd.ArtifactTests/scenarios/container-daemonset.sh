#!/usr/bin/env bash
# The DaemonSet asks for the rights that the driver needs, and for no others.
set -euo pipefail
# shellcheck source=tests/CephRbd.ArtifactTests/watch.sh
. "$ROOT/tests/CephRbd.ArtifactTests/watch.sh"
# shellcheck source=tests/CephRbd.ArtifactTests/container/image.sh
. "$ROOT/tests/CephRbd.ArtifactTests/container/image.sh"

unpack_archive
yq . "$(package_file daemonset.yaml)" >"$WORK/daemonset.json"

# has WANTED PATH: the value, as compact JSON with sorted keys.
has() {
  expect "$1" jq -cSr "$2" "$WORK/daemonset.json"
}

pod=.spec.template.spec
container="$pod.containers[0]"
has apps/v1 .apiVersion
has DaemonSet .kind
has kube-system .metadata.namespace
has '{"matchLabels":{"app.kubernetes.io/name":"cephrbd-driver"}}' .spec.selector
has cephrbd-driver '.spec.template.metadata.labels["app.kubernetes.io/name"]'
has RollingUpdate .spec.updateStrategy.type
has runtime/default '.spec.template.metadata.annotations["seccomp.security.alpha.kubernetes.io/pod"]'
has true '.spec.template.metadata.annotations["runtime.frakti.alpha.kubernetes.io/OSContainer"]'
has false "$pod.automountServiceAccountToken"
has system-node-critical "$pod.priorityClassName"
has '[{"operator":"Exists"}]' "$pod.tolerations"
has '[[["kubernetes.io/os","In",["linux"]]],[["beta.kubernetes.io/os","In",["linux"]]]]' \
  "$pod.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms
    | map(.matchExpressions | map([.key, .operator, .values]))"
has 1 "$pod.containers | length"
has "localhost/cephrbd:$version" "$container.image"
has IfNotPresent "$container.imagePullPolicy"
has '{"allowPrivilegeEscalation":false,"capabilities":{"drop":["ALL"]},"privileged":false,"readOnlyRootFilesystem":true,"runAsGroup":0,"runAsUser":0,"seccompProfile":{"type":"RuntimeDefault"}}' \
  "$container.securityContext"
has '["/entrypoint.sh","ready"]' "$container.readinessProbe.exec.command"
has '{"limits":{"cpu":"200m","memory":"32Mi"},"requests":{"cpu":"1m","memory":"8Mi"}}' "$container.resources"
has '[{"mountPath":"/plugins","name":"plugins"}]' "$container.volumeMounts"
has '[{"hostPath":{"path":"/usr/libexec/kubernetes/kubelet-plugins/volume/exec","type":"DirectoryOrCreate"},"name":"plugins"}]' \
  "$pod.volumes"

# Neither a namespace of the node's nor anything else that widens what it may.
has '["affinity","automountServiceAccountToken","containers","priorityClassName","terminationGracePeriodSeconds","tolerations","volumes"]' \
  "$pod | keys"
has '["image","imagePullPolicy","name","readinessProbe","resources","securityContext","volumeMounts"]' "$container | keys"
