# shellcheck shell=bash
# What calls leave behind on a node once all volumes are unmounted: nothing. Runs on this machine
# and in a guest. Needs pods, run_dir, staging, scratch, log and program, each a full path.
# shellcheck disable=SC2154

# leaks_on_node CALLS KEYS: prints a line for each thing that is left; CALLS is how many lines the
# log has to have, KEYS how many of Ceph's keys the kernel had before.
leaks_on_node() {
  mounts_left
  files_left
  processes_left
  log_wrong "$1"
  local keys
  keys=$(kernel_keys)
  ((keys <= $2)) || printf 'the kernel has %s keys of Ceph, and had %s\n' "$keys" "$2"
}

mounts_left() {
  local point
  while read -r _ _ _ _ point _; do
    case $point in
      "$pods"/* | "$run_dir" | "$run_dir"/* | "$staging" | "$staging"/*) printf 'still mounted: %s\n' "$point" ;;
    esac
  done </proc/self/mountinfo
}

# The folders of runDir stay, and are empty; so does the one lock file.
files_left() {
  local path
  find "$pods" -path '*/data/*' -printf 'in a pod'\''s dir: %p\n'
  for path in "$staging" "$scratch"; do
    [[ ! -d $path ]] || find "$path" -mindepth 1 -printf 'left: %p\n'
  done
  find "$run_dir" -mindepth 1 \( ! -type d ! -path "$run_dir/calls.lock" -o -mindepth 2 -type d \) -printf 'left: %p\n' 2>/dev/null
  if [[ -e $run_dir/calls.lock && $(stat -c %s "$run_dir/calls.lock") != 0 ]]; then
    printf 'the lock file has grown to %s bytes\n' "$(stat -c %s "$run_dir/calls.lock")"
  fi
}

processes_left() {
  local link path
  for link in /proc/[0-9]*/exe; do
    path=$(readlink "$link" 2>/dev/null) || continue
    [[ ${path% (deleted)} != "$program" ]] || printf 'process %s still runs: %s\n' "${link//[^0-9]/}" \
      "$(tr '\0' ' ' <"${link%exe}cmdline" 2>/dev/null | cut -c 1-200)"
  done
}

kernel_keys() {
  grep -cE ' (ceph|rbd) |cephrbd' /proc/keys || true
}

# One line of JSON for each call, in files of at most logMaxBytes, and none lost by their rotation.
log_wrong() {
  local lines=0 file size
  for file in "$log" "$log".*; do
    [[ -e $file ]] || continue
    lines=$((lines + $(wc -l <"$file")))
    jq -es 'all(.[]; has("@t"))' "$file" >/dev/null 2>&1 || printf '%s has lines that are no JSON of a call\n' "$file"
    size=$(stat -c %s "$file")
    ((size <= log_max + 8192)) || printf '%s has %s bytes, more than logMaxBytes\n' "$file" "$size"
  done
  ((lines == $1)) || printf 'the log has %s lines of %s calls\n' "$lines" "$1"
}
