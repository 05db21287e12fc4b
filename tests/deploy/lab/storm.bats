#!/usr/bin/env bats
# A short storm of mounts and unmounts, and a look at what it leaves behind (bench/load.sh).

@test "a storm of mounts and unmounts fails no call and leaves nothing behind" {
  # It starts a cluster, whose daemons must not keep the descriptor that bats waits for.
  run timeout -k 30 240 "$BATS_TEST_DIRNAME/../../../bench/load.sh" --parts hyper --seconds 15 --volumes 24 --at-once 8 3>&-
  echo "$output"
  [ "$status" -eq 0 ]
  [[ $output == *'nothing was left behind'* ]]
}
