# shellcheck shell=bash
# What the scenarios of a node share. A scenario runs as root in mount, network and process
# namespaces of its own: what it mounts, starts and configures goes with it.
set -Eeuo pipefail
# shellcheck disable=SC2154 # the two are the trap's own
trap 'failed_line=$LINENO failed_command=$BASH_COMMAND; die "line $failed_line failed: $failed_command"' ERR

name=$(basename "$0" .sh)
json='{}'
exit_status=0
pid=''

die() {
  trap - ERR
  printf '%s: %s (from line %s)\n' "$name" "$*" "${BASH_LINENO[*]}" >&2
  exit 1
}

# Elsewhere all this would be done to the machine itself.
(($$ == 1)) || die 'a scenario is the first process of namespaces of its own: see NodeTests.cs'

# Copies of what the machine has mounted, other tests' volumes and network namespaces among it.
while read -r folder; do
  umount -l "$(printf '%b' "$folder")"
done < <(awk '$5 ~ "^/(tmp|run|var|mnt)/" { print $5 }' /proc/self/mountinfo | sort -r)

# The node: memory over all that a scenario writes, and a copy of /etc.
work=/mnt
mount -t tmpfs none "$work"
mkdir "$work/etc"
cp -a /etc/. "$work/etc"
mount --bind "$work/etc" /etc
for folder in /run /var/lib /var/log; do
  mount -t tmpfs none "$folder"
done
rm -rf /etc/cephrbd /etc/default/cephrbd /etc/kubernetes
mkdir -p /etc/cephrbd /etc/kubernetes/manifests /var/lib/kubelet /var/lib/cephrbd
plugins=$work/plugins
mkdir -p "$plugins/hyper~cephrbd"
# shellcheck disable=SC2154 # the test names it
cp "$driver" "$plugins/hyper~cephrbd/cephrbd"
ip link set lo up

# configure [KEY:JSON…]: the driver's config from now on. No cluster is reached from here.
configure() {
  local entry text="\"confFile\":\"$work/no-ceph.conf\""
  for entry; do
    text+=",\"${entry%%:*}\":${entry#*:}"
  done
  printf '{%s}\n' "$text" >/etc/cephrbd/config.json
}

# ask: sets json and exit_status of one doctor.
ask() {
  exit_status=0
  json=$(timeout -k 2 60 "$plugins/hyper~cephrbd/cephrbd" doctor --json 2>"$work/errors") || exit_status=$?
  [[ ! -s $work/errors ]] || die "stderr: $(<"$work/errors")"
  jq -e --argjson status "$exit_status" '$status == (if .failed > 0 then 1 else 0 end)' <<<"$json" >/dev/null ||
    die "not the exit status of that: $exit_status: $json"
}

# finding CHECK STATE WORD…: one finding of that check has the state and, in evidence or
# remedy, each word. Sets remedy.
finding() {
  local check=$1 state=$2 found word
  shift 2
  found=$(jq -r --arg check "$check" --arg state "$state" \
    '.checks[] | select(.name == $check and .state == $state) | "\(.evidence) -> \(.remedy // "")"' <<<"$json")
  [[ -n $found ]] || die "no $state $check in: $(jq -c --arg check "$check" '.checks[] | select(.name == $check)' <<<"$json")"
  for word; do
    [[ $found == *"$word"* ]] || die "\"$word\" is not in the finding about $check: $found"
  done
  # shellcheck disable=SC2034 # for the scenarios
  remedy=${found##* -> }
}

# start PROGRAM PERL ARG…: a process of that name; PERL is what it does, ARG its arguments.
# Sets pid.
start() {
  local program=$1 code=$2
  shift 2
  (exec -a "$program" perl -MSocket -MIO::Socket::UNIX -MIO::Socket::INET -e "$code; sleep 300" -- "$@") &
  pid=$!
  until_true named "$program"
}

# named PROGRAM: the last one that was started has taken its name.
named() {
  local argv
  { IFS= read -r -d '' argv <"/proc/$pid/cmdline"; } 2>/dev/null && [[ $argv == "$1" ]]
}

# stop PID
stop() {
  kill -KILL "$1"
  wait "$1" 2>/dev/null || true
}

# until_true COMMAND…: within 10 s.
until_true() {
  local tries=100
  until "$@"; do
    ((--tries > 0)) || die "not so within 10 s: $*"
    sleep 0.1
  done
}

kubelet() {
  start /usr/bin/kubelet '' "--volume-plugin-dir=$plugins" "$@"
}

configure
