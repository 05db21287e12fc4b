# shellcheck shell=bash
# A node to try the deployment scripts on. It sees this machine's files through an overlay, so
# that all it changes lands in $upper; /dev, /run and /sys are its own, it has no network but a
# loopback, and when a command ends nothing of it runs on. Commands that would need a cluster,
# systemd or another machine are stubs: each call goes to a log and is answered by rules.
#
#   load stubs
#   setup() { node_new; }
#   teardown() { node_check; }
#
# Functions: node, chinese_node, stub, answer, act, calls, called, not_called, changes, secretly.

# shellcheck disable=SC2034 # for the tests
project=$(cd "${BATS_TEST_DIRNAME:?}/../.." && pwd)

# node_new: a fresh node for this test.
node_new() {
  ((EUID == 0)) || {
    printf 'only root can make a mount namespace\n' >&2
    return 1
  }
  node_root=${BATS_TEST_TMPDIR:?}/node
  upper=$node_root/upper
  # Inside the node the stubs' folder is /run/stub.
  stubs=$node_root/run/stub
  mkdir -p "$upper" "$node_root"/{work,root,dev,run,sys} "$stubs"/{bin,rules}
  : >"$stubs/calls"
  : >"$stubs/unexpected"
  write_stub
  write_entry
}

# node_check: for teardown. A call that no rule answers fails the test, whatever the script
# made of it.
node_check() {
  if [[ -s $stubs/unexpected ]]; then
    printf 'no rule answers:\n' >&2
    cat "$stubs/unexpected" >&2
    return 1
  fi
}

# The program behind each stub. The last rule that matches its words answers.
write_stub() {
  cat >"$stubs/stub" <<'STUB'
#!/bin/bash
words="${0##*/}${*:+ $*}"
printf '%s\n' "${words//$'\n'/\\n}" >>/run/stub/calls
mapfile -t rules < <(ls -r /run/stub/rules)
for rule in "${rules[@]}"; do
  glob=$(</run/stub/rules/$rule/glob)
  # shellcheck disable=SC2053
  [[ $words == $glob ]] || continue
  . "/run/stub/rules/$rule/act"
  exit
done
printf '%s\n' "$words" >>/run/stub/unexpected
printf '%s: no rule of the test answers this\n' "$words" >&2
exit 127
STUB
  chmod 0755 "$stubs/stub"
}

# What makes the node's view of the world; $1 is its folder, the command follows.
write_entry() {
  cat >"$node_root/enter" <<'ENTER'
set -euo pipefail
node_root=$1
shift
root=$node_root/root
mount --make-rprivate /
mount -t overlay overlay -o "lowerdir=/,upperdir=$node_root/upper,workdir=$node_root/work" "$root"
for folder in dev run sys; do
  mount --bind "$node_root/$folder" "$root/$folder"
done
mount -t proc proc "$root/proc"
for device in null zero full random urandom; do
  [[ -e $root/dev/$device ]] || : >"$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
ln -sfn /proc/self/fd "$root/dev/fd"
mkdir -p "$root/dev/shm"
ip link set lo up
[[ ! -e $node_root/run/stub/before ]] || . "$node_root/run/stub/before"
# The stubs can end the script by the number in this file, as a power cut would.
status=0
chroot "$root" /bin/bash -c 'cd "$1"; shift; echo "$$" >/run/stub/pid; exec "$@"' enter "$PWD" "$@" || status=$?
exit "$status"
ENTER
}

# node COMMAND…: runs it on the node, in English, no longer than a minute. With node_network=host
# it has the machine's network, to reach a lab on a loopback address.
node() {
  local network=-n
  [[ ${node_network:-} != host ]] || network=-i
  timeout -k 5 "${node_limit:-60}" unshare -m "$network" -p -u -f --kill-child -- /bin/bash "$node_root/enter" "$node_root" \
    /usr/bin/env -u LC_ALL -u LC_MESSAGES LANG=C.UTF-8 PATH="/run/stub/bin:$PATH" "$@"
}

# chinese_node COMMAND…: the same for an admin who reads Chinese.
chinese_node() { node env LANG=zh_CN.UTF-8 "$@"; }

# stub NAME…: these commands are stubs from now on.
stub() {
  local name
  for name; do
    ln -sfn ../stub "$stubs/bin/$name"
  done
}

# rule GLOB: adds one and prints its folder.
rule() {
  local number
  number=$(find "$stubs/rules" -mindepth 1 -maxdepth 1 | wc -l)
  printf -v number '%s/%05d' "$stubs/rules" "$number"
  mkdir "$number"
  printf '%s\n' "$1" >"$number/glob"
  stub "${1%%[ *]*}"
  printf '%s\n' "$number"
}

# answer GLOB [TEXT [STATUS]]: calls whose words match get this. Lines go to stdout, with a
# status other than 0 to stderr.
answer() {
  local folder
  folder=$(rule "$1")
  {
    ((${3:-0} == 0)) || printf 'exec >&2\n'
    [[ -z ${2:-} ]] || printf 'printf "%%s\\n" %q\n' "$2"
    printf 'exit %d\n' "${3:-0}"
  } >"$folder/act"
}

# act GLOB CODE: calls whose words match run this code, with the call's arguments. "power_cut"
# in it ends the script and all that it started.
act() {
  local folder
  folder=$(rule "$1")
  # shellcheck disable=SC2016 # for the stub
  printf 'power_cut() { kill -KILL "$(</run/stub/pid)"; exit 137; }\n%s\n' "$2" >"$folder/act"
}

# forget_rule: the last one that was made.
forget_rule() { rm -r "$(find "$stubs/rules" -mindepth 1 -maxdepth 1 | sort | tail -n 1)"; }

calls() { cat "$stubs/calls"; }

# called TEXT: whether a call's words hold it; if none does, all calls are shown.
called() {
  grep -qF -- "$1" "$stubs/calls" || {
    printf 'no call holds "%s"; these were made:\n' "$1" >&2
    calls >&2
    return 1
  }
}

not_called() {
  ! grep -F -- "$1" "$stubs/calls" >&2 || {
    printf 'the call above should not have been made\n' >&2
    return 1
  }
}

forget_calls() { : >"$stubs/calls"; }

# changes: each path that differs from the machine, with kind and mode, files with size and time.
# /run/mount is the stubs' own: mount makes it.
changes() {
  find "$upper" -mindepth 1 \( -type d -printf '/%P %y %m\n' -o -printf '/%P %y %m %s %T@\n' \) | grep -v '^/tmp d ' | sort
  find "$node_root/run" -mindepth 1 \( -path "$stubs" -o -path "$node_root/run/mount" \) -prune -o -mindepth 1 -printf '/run/%P %y %m\n' | sort
}

# secretly TEXT: whether it was kept out of all arguments, of the scripts' logs and of $output.
secretly() {
  ! grep -F -- "$1" "$stubs/calls" >&2 || return 1
  ! grep -rF -- "$1" "$upper/var/log" >&2 2>/dev/null || return 1
  [[ ${output:-} != *"$1"* ]]
}

# has TEXT: whether $output holds it.
has() {
  [[ ${output:-} == *"$1"* ]] || {
    printf 'expected: %s\nin: %s\n' "$1" "${output:-}" >&2
    return 1
  }
}

has_not() {
  [[ ${output:-} != *"$1"* ]] || {
    printf 'not expected: %s\nin: %s\n' "$1" "${output:-}" >&2
    return 1
  }
}
