#!/usr/bin/env bats
# The examples: YAML that is valid, volumes whose options the driver takes.

setup() {
  project=$(cd "${BATS_TEST_DIRNAME:?}/../.." && pwd)
  examples=$project/deploy/examples
  arch=x64
  [[ $(uname -m) != aarch64 ]] || arch=arm64
  binary=${CEPHRBD_BINARY:-$project/artifacts/linux-$arch/cephrbd}
  [[ -x $binary ]] || {
    echo "there is no $binary: ./build.sh publish, or name one in CEPHRBD_BINARY" >&2
    return 1
  }
  dir=$BATS_TEST_TMPDIR
  # Without a ceph.conf the driver gets as far as it can without a cluster.
  jq -n --arg d "$dir" '{confFile: "\($d)/none.conf", logFile: "\($d)/log", runDir: "\($d)/run",
    scratchDir: "\($d)/scratch", stagingDir: "\($d)/mounts"}' >"$dir/config.json"
}

# taken RUNTIME OPTIONS: whether the driver takes the options, and misses nothing but the cluster.
taken() {
  local reply
  reply=$("$binary" --config "$dir/config.json" --runtime "$1" attach "$2")
  [[ $reply == *"there is no ceph.conf at $dir/none.conf"* ]] || {
    printf '%s\n%s\n' "$2" "$reply" >&2
    return 1
  }
}

@test "each volume of the examples is taken by the driver, in the runtimes it is for" {
  local file found=0 line lines runtime
  for file in "$examples"/*.yaml; do
    lines=$(python3 "$BATS_TEST_DIRNAME/flex-volumes.py" "$file") || {
      echo "$file" >&2
      false
    }
    [[ -n $lines ]] || continue
    while IFS= read -r line; do
      found=$((found + 1))
      for runtime in hyper host; do
        [[ $file != *-host.yaml || $runtime == host ]] || continue
        taken "$runtime" "$line"
      done
    done <<<"$lines"
  done
  ((found >= 7))
}

@test "an option that the driver does not know would be seen" {
  ! taken hyper '{"volumeID":"a","sise":"1Gi"}' || false
  ! taken host '{"volumeID":"a","mountOptions":"bind"}' || false
}

@test "a claim is bound to its volume, and a set's claims to the volumes for them" {
  local claims
  claims=$(yq -r 'select(.kind == "PersistentVolume") | .spec.claimRef.name + " " + .metadata.name' "$examples/statefulset.yaml")
  expected=$(yq -r 'select(.kind == "StatefulSet") | .metadata.name as $set | .spec.replicas as $n |
    .spec.volumeClaimTemplates[0].metadata.name as $t | range(0; $n) | "\($t)-\($set)-\(.) \($t)-\($set)-\(.)"' "$examples/statefulset.yaml")
  [[ $claims == "$expected" ]]
  [[ $(yq -r 'select(.kind == "PersistentVolume") | .spec.claimRef.name' "$examples/pv-pvc.yaml") == "$(yq -r 'select(.kind == "PersistentVolumeClaim") | .metadata.name' "$examples/pv-pvc.yaml")" ]]
}

@test "the Secret is of the driver's type, and holds no key" {
  [[ $(yq -r .type "$examples/secret.yaml") == hyper/cephrbd ]]
  [[ -z $(yq -r .stringData.key "$examples/secret.yaml") ]]
}

@test "both configs are taken by the driver" {
  local file
  for file in "$examples"/config*.json; do
    run "$binary" --config "$file" init
    [[ $output == *'"status":"Success"'* && $output != *'"message"'* ]] || {
      echo "$file: $output" >&2
      false
    }
  done
}
