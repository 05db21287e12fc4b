# shellcheck shell=bash
# The lab tests once more with the linux-arm64 driver, on a machine that is x64: QEMU is an
# ARMv8.0 core for it, the cluster is a real one. Needs common.sh, packages.sh, test.sh and
# root, the project's folder.
# shellcheck disable=SC2154

# All that the driver itself does. What is left out asks nothing of the processor that these
# do not: CephRbd.LabTests.Native are the bindings under the JIT of this machine, Contents is
# what libblkid knows, TogetherTests and the frozen OSDs of Crashes are races and waits.
emulated_tests=(
  -namespace CephRbd.LabTests.Verbs
  -namespace CephRbd.LabTests.Formatting
  -namespace CephRbd.LabTests.Messages
  -namespace CephRbd.LabTests.Secrets
)

# emulation NAME: what the kernel knows the emulation by.
emulate() {
  "$root/deploy/lab/emulate/emulate.sh" "$@"
}

# Registrations of test programs that are gone: each has its script's process id in its name.
remove_emulations() {
  local path name
  for path in /proc/sys/fs/binfmt_misc/cephrbd-test-*; do
    name=${path##*/}
    [[ -e $path && (${name##*-} == "$$" || ! -e /proc/${name##*-}) ]] || continue
    emulate off "$name" || warn "$path could not be removed: printf -- -1 >$path"
  done
}

# The driver for arm64 through all of emulated_tests, in a subshell for its environment.
run_emulated_tests() {
  local dir=$root/artifacts/arm64-emulation
  emulate make "$dir"
  emulate on "cephrbd-test-$$" "$dir" "$root/artifacts/linux-arm64/cephrbd"
  CEPHRBD_BINARY=$root/artifacts/linux-arm64/cephrbd CEPHRBD_EMULATION=$dir \
    run_tests CephRbd.LabTests 900 "${emulated_tests[@]}"
  emulate off "cephrbd-test-$$"
}
