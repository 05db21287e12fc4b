# shellcheck shell=bash
# How each demo begins and ends. Source it after common.sh; the demo has a function clean_up,
# which removes all that it made and fails if something stays.

# begin_demo WHY: as root, for the reason given; makes the folder $tmp, and $binary is the
# driver, built if it is missing.
begin_demo() {
  ((EUID == 0)) || die "only root can $1"
  unset CEPH_CONF CEPH_ARGS CEPH_KEYRING
  binary=${CEPHRBD_BINARY:-$root/artifacts/linux-$(uname -m | sed 's/x86_64/x64/; s/aarch64/arm64/')/cephrbd}
  [[ -x $binary ]] || "$root/build.sh" publish
  # shellcheck disable=SC2034 # The demo's own.
  tmp=$(mktemp -d /tmp/cephrbd-demo.XXXXXX)
  on_exit abort_demo
}

abort_demo() {
  local status=$?
  trap - EXIT INT TERM HUP
  clean_up || true
  warn 'the demo failed'
  exit "$((status == 0 ? 1 : status))"
}

end_demo() {
  trap - EXIT
  printf '\n'
  clean_up || die 'the demo left something behind'
  step 'the demo is done: every proof held, nothing is left'
}
