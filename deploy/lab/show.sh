# shellcheck shell=bash
# What the demos show of a call, and of what proves it. Needs binary, the driver, and
# key, which must never be printed (empty: not known yet); and a function die.
# shellcheck disable=SC2154 # binary and key are the demo's

proof() {
  printf '   proof: %s\n' "$*"
}

# call VERB ARGUMENT…: runs the driver, reads stdout and stderr together as kubelet
# does, and wants exactly one JSON object that says Success.
call() {
  local began ended status=0
  printf '\n$ cephrbd'
  printf ' %s' "${@@Q}"
  printf '\n'
  began=${EPOCHREALTIME/./}
  reply=$(timeout 60 "$binary" "$@" 2>&1 </dev/null) || status=$?
  ended=${EPOCHREALTIME/./}
  [[ -z $key || $reply != *"$key"* ]] || die "$1 printed the Ceph key"
  printf '%s\n   %d.%d ms, exit status %d\n' "$reply" $(((ended - began) / 1000)) $(((ended - began) % 1000 / 100)) "$status"
  jq -se 'length == 1 and (.[0] | type == "object")' >/dev/null 2>&1 <<<"$reply" || die "$1 did not answer with one JSON object"
  ((status == 0)) || die "$1 ended with status $status"
  [[ $(jq -r .status <<<"$reply") == Success ]] || die "$1 did not succeed"
}
