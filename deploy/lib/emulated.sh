# shellcheck shell=bash
# The lab tests once more with the linux-arm64 driver, on a machine that is x64: QEMU is an
# ARMv8.0 core for it; the cluster, and the kernel of some, are real ones. Needs common.sh,
# publish.sh, test.sh and root, the project's folder.
# shellcheck disable=SC2154

# Each way of the driver's. Left out, as they ask nothing of the processor that these do
# not, and take long under emulation: Native (the bindings under this machine's JIT),
# Contents (what libblkid knows), Jewel (which compiles forwarders to this machine's Ceph),
# Hostile, TogetherTests (32 at once are 32 emulators), Reservations (minutes of waiting; each
# mount of the others reserves, too), and all but five of Kernel.
emulated_tests=(
  -filter '/*/CephRbd.LabTests.Verbs'
  -filter '/*/CephRbd.LabTests.Formatting'
  -filter '/*/CephRbd.LabTests.Messages'
  -filter '/*/CephRbd.LabTests.Secrets'
  -filter '/*/CephRbd.LabTests.Crashes/(!TogetherTests)'
  -filter '/*/CephRbd.LabTests.Kernel/ChainTests/The_attach_chain*'
  -filter '/*/CephRbd.LabTests.Kernel/ChainTests/Init_*'
  -filter '/*/CephRbd.LabTests.Kernel/DataTests/What_was_written*'
  -filter '/*/CephRbd.LabTests.Kernel/DeviceTests/An_nbd_device*'
  -filter '/*/CephRbd.LabTests.Kernel/DeviceTests/The_device_node*'
)

run_emulated_tests() {
  local dir=$root/artifacts/arm64-emulation driver=$root/artifacts/linux-arm64/cephrbd
  if [[ $(host_rid) == linux-arm64 ]]; then
    step 'nothing is emulated: this machine runs the linux-arm64 driver itself'
    return
  fi
  if ! "$root/deploy/lab/emulate/emulate.sh" "$dir" "$driver"; then
    warn "$driver was not tested"
    failed=$((failed + 1))
    return
  fi
  CEPHRBD_BINARY=$dir/cephrbd CEPHRBD_EMULATION=$dir run_tests CephRbd.LabTests 900 -arm64 "${emulated_tests[@]}"
}
