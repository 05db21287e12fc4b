#!/usr/bin/env bats
# What all scripts of deploy/ceph have in common

load stubs

setup() { node_new; }
teardown() { node_check; }

scripts() { printf '%s\n' "$BATS_TEST_DIRNAME"/../../deploy/ceph/[0-9]*.sh; }

@test "--help in both languages, with the same options, and nothing else happens" {
  [ "$(scripts | wc -l)" -eq 9 ]
  while read -r script; do
    run node "$script" --help
    [ "$status" -eq 0 ]
    has "usage: ${script##*/}"
    has '--dry-run'
    has '--skip NAME'
    has 'Exit status: 0'
    english=$(grep -oE -- '--[a-z-]+' <<<"$output" | sort -u)
    run chinese_node "$script" --help
    [ "$status" -eq 0 ]
    has "用法：${script##*/}"
    [ "$english" = "$(grep -oE -- '--[a-z-]+' <<<"$output" | sort -u)" ]
    has '退出码'
    run node env LC_ALL=zh_CN.GB18030 "$script" --help
    has '用法'
    run node env LANG=zh_CN.UTF-8 LC_ALL=en_US.UTF-8 "$script" --help
    has 'usage:'
  done < <(scripts)
  [ -z "$(changes)" ]
}

@test "unknown options and checks: status 2, and where to read on" {
  while read -r script; do
    run node "$script" --nonsense
    [ "$status" -eq 2 ]
    has "(see ${script##*/} --help)"
    run node "$script" --skip nonsense
    [ "$status" -eq 2 ]
    has 'there is no check nonsense; there are: root'
    run node "$script" --skip
    [ "$status" -eq 2 ]
  done < <(scripts)
  [ -z "$(changes)" ]
}

@test "a user who is not root is told so" {
  run node setpriv --reuid 65534 --regid 65534 --clear-groups "$BATS_TEST_DIRNAME/../../deploy/ceph/6_ensure_udevd.sh"
  [ "$status" -eq 1 ]
  has 'only root can do this: use sudo'
}

@test "two runs on one node: the second waits" {
  printf 'exec 8>"$root/run/cephrbd-deploy.lock"; flock 8\n(sleep 2; exec 8>&-) &\nexec 8>&-\n' >"$stubs/before"
  answer 'udevadm control --help' ' --ping'
  answer 'udevadm control --ping *'
  answer 'systemctl *' 'WantedBy=sysinit.target'
  mkdir -p "$node_root/run/systemd/system"
  SECONDS=0
  run node "$BATS_TEST_DIRNAME/../../deploy/ceph/6_ensure_udevd.sh"
  [ "$status" -eq 0 ]
  ((SECONDS >= 1))
}

@test "a command that takes too long is ended, and told as such" {
  printf '%s\n' 'set -euo pipefail' ". $BATS_TEST_DIRNAME/../../deploy/ceph/lib.sh" 'limit=1 run sleep 20' >"$node_root/run/try.sh"
  run node bash /run/try.sh
  [ "$status" -eq 1 ]
  has 'failed: sleep 20: no end within 1 s'
}

@test "a PATH without sbin gets it, behind what is there" {
  printf '%s\n' 'set -euo pipefail' ". $BATS_TEST_DIRNAME/../../deploy/ceph/lib.sh" 'echo "$PATH"' >"$node_root/run/try.sh"
  run node env PATH=/opt/mine:/usr/bin:/bin bash /run/try.sh
  [ "$output" = /opt/mine:/usr/bin:/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/sbin ]
}
