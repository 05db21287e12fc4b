# shellcheck shell=bash
# Control groups of nodes that systemd-nspawn boots: each has one of its own in each
# hierarchy that systemd uses, which nobody else's systemd manages. Their names are
# cephrbd-test-…-PID, where PID is the process that they are for. Needs common.sh.

# The hierarchies that systemd uses: of cgroup 2, or its own beside the old ones.
hierarchies() {
  awk '$3 == "cgroup2" || ($3 == "cgroup" && $4 ~ /name=systemd/) { print $2 }' /proc/mounts
}

# enter_group NAME: the calling shell, and all that it starts.
enter_group() {
  local hierarchy
  while read -r hierarchy; do
    mkdir -p "$hierarchy/$1"
    echo "$BASHPID" >"$hierarchy/$1/cgroup.procs"
  done < <(hierarchies)
}

# no_group FOLDER: ends all that runs in the groups below, and removes them, deepest first.
no_group() {
  local pid
  while read -r pid; do
    kill -KILL "$pid" 2>/dev/null || true
  done < <(find "$1" -name cgroup.procs -exec cat {} + 2>/dev/null)
  find "$1" -depth -type d -exec rmdir {} + 2>/dev/null
}

# remove_groups NAME
remove_groups() {
  local hierarchy status=0
  while read -r hierarchy; do
    [[ ! -d $hierarchy/$1 ]] || wait_until 10 no_group "$hierarchy/$1" || {
      warn "the control group $hierarchy/$1 could not be removed within 10 seconds: see what still runs in it (cgroup.procs)"
      status=1
    }
  done < <(hierarchies)
  return "$status"
}

# What runs left whose process is gone.
remove_dead_groups() {
  local hierarchy path
  while read -r hierarchy; do
    for path in "$hierarchy"/cephrbd-test-*; do
      [[ ! -d $path || -e /proc/${path##*-} ]] || remove_groups "${path##*/}" || true
    done
  done < <(hierarchies)
}
