#!/usr/bin/env bash
# A node that writes, is cut off, loses its images to another, and comes back: nothing it still
# had to write may reach them. The other node, and when what happens, is the test's: files in
# the shared folder say so.
# shellcheck source=tests/CephRbd.LabTests/Kernel/lib.sh
. "$(dirname "$0")/lib.sh"

configure 'nodeName="n1"' timeoutSeconds=20
images=()
while IFS= read -r image; do
  images+=("$image")
done <"$share/images"

# write_log DIR FILE: numbered lines, each with the sum of its text; a number is acknowledged
# outside once the line is on the image. Ends when the image takes no more.
write_log() {
  local dir=$1 acknowledged=$2 n=0 text
  while :; do
    n=$((n + 1))
    text="line $n of $acknowledged $RANDOM$RANDOM$RANDOM"
    printf '%s %s\n' "$(cksum <<<"$text")" "$text" >>"$dir/log" || break
    sync "$dir/log" || break
    printf '%d\n' "$n" >"$acknowledged.new" && mv "$acknowledged.new" "$acknowledged"
  done 2>/dev/null
  printf '%d\n' "$n" >"$acknowledged.ended"
}

# await FILE SECONDS
await() {
  local left=$(($2 * 10))
  until [[ -e $share/$1 ]]; do
    ((left-- > 0)) || die "$1 did not come within $2 s"
    sleep 0.1
  done
}

for image in "${images[@]}"; do
  mount_pod "$image" "$image"
  write_log "$(pod_dir "$image")" "$share/acknowledged.$image" &
done
touch "$share/writing"
await cut 60
ip link set vec0 down
touch "$share/is-cut"
await heal 120
ip link set vec0 up
touch "$share/is-back"
# What was written meanwhile is tried again now, and fails.
for image in "${images[@]}"; do
  await "acknowledged.$image.ended" 90
done
wait
touch "$share/has-failed"
await end 60
exit 0
