#!/usr/bin/env bats
# 6_ensure_udevd.sh

load stubs

script=$BATS_TEST_DIRNAME/../../deploy/ceph/6_ensure_udevd.sh

# The daemon runs while the file "running" is there.
setup() {
  node_new
  mkdir -p "$node_root/run/systemd/system"
  answer 'systemctl is-enabled *' static
  answer 'systemctl show *' 'WantedBy=sysinit.target'
  answer 'systemctl reset-failed *'
  act 'systemctl start systemd-udevd.service' ': >/run/stub/running'
  answer 'udevadm control --help' '  --ping  Wait for udev to respond to a ping message'
  act 'udevadm control --ping *' '[[ -e /run/stub/running ]]'
}

teardown() { node_check; }

@test "a daemon that answers and starts at boot: no change" {
  : >"$stubs/running"
  run node "$script"
  [ "$status" -eq 0 ]
  has 'no change: '
  not_called 'systemctl start'
}

@test "a stopped daemon is started, and asked" {
  run node "$script"
  [ "$status" -eq 0 ]
  has 'done: systemd-udevd answers'
  run node "$script"
  has 'no change: '
}

@test "systemctl's word is not believed" {
  answer 'systemctl start *'
  run node "$script"
  [ "$status" -eq 1 ]
  has 'systemd-udevd was started and does not answer'
}

@test "systemctl's complaint does not matter when the daemon answers" {
  act 'systemctl start *' ': >/run/stub/running; exit 1'
  run node "$script"
  [ "$status" -eq 0 ]
}

@test "an old udevadm without --ping is asked by a message that only the daemon lets go" {
  answer 'udevadm control --help' '  --reload  --timeout=SECONDS'
  act 'udevadm control --reload --timeout=*' '[[ -e /run/stub/running ]]'
  run node "$script"
  [ "$status" -eq 0 ]
  called 'udevadm control --reload --timeout=5'
  not_called --ping
}

@test "masked units are unmasked" {
  act 'systemctl is-enabled systemd-udevd.service' 'if [[ -e /run/stub/unmasked ]]; then echo static; else echo masked; exit 1; fi'
  act 'systemctl unmask systemd-udevd.service' ': >/run/stub/unmasked'
  run node "$script"
  [ "$status" -eq 0 ]
  called 'systemctl unmask systemd-udevd.service'
}

@test "nothing starts it at boot: a want is added" {
  act 'systemctl show *' 'if [[ -e /run/stub/wanted ]]; then echo WantedBy=sysinit.target; else echo WantedBy=; fi'
  act 'systemctl add-wants sysinit.target systemd-udevd.service' ': >/run/stub/wanted'
  run node "$script"
  [ "$status" -eq 0 ]
  called add-wants
  answer 'systemctl show *' 'WantedBy='
  run node "$script"
  [ "$status" -eq 1 ]
  has 'nothing starts it at boot'
}

@test "a container with a read-only /sys is told, and nothing tried" {
  printf 'mount -o remount,bind,ro "$root/sys"\n' >"$stubs/before"
  run node "$script"
  [ "$status" -eq 1 ]
  has '/sys is read-only here: this is a container'
  not_called 'systemctl start'
}

@test "no systemd: told" {
  rm -r "$node_root/run/systemd"
  run node "$script"
  [ "$status" -eq 1 ]
  has 'not run by systemd'
}

@test "a dry run changes nothing" {
  before=$(changes)
  run node "$script" --dry-run
  [ "$status" -eq 0 ]
  has 'would run: systemctl start systemd-udevd.service'
  diff <(printf "%s\n" "$before") <(changes)
  not_called 'systemctl start'
}

@test "in Chinese" {
  run chinese_node "$script"
  [ "$status" -eq 0 ]
  has '完成：systemd-udevd 应答正常，且会开机启动'
}
