# shellcheck shell=bash
# The kernel's block devices of 7_test_rbd.sh, and the way out when rbd waits for udevd. Needs
# lib.sh, and pool, keyring, user and as_user of that script.
# shellcheck disable=SC2154

bus=/sys/bus/rbd

# devices_of POOL PREFIX: the numbers of the devices that map images of such names.
devices_of() {
  local folder
  for folder in "$bus"/devices/*; do
    [[ -f $folder/name && $(<"$folder/pool") == "$1" && $(<"$folder/name") == "$2"* ]] || continue
    printf '%s\n' "${folder##*/}"
  done
}

udevd_remedy() {
  udevd_answers || warn 'systemd-udevd does not answer; rbd waits for it in map and unmap: run 6_ensure_udevd.sh' \
    'systemd-udevd 没有应答，而 rbd map/unmap 会一直等待它：请运行 6_ensure_udevd.sh'
}

# map_device IMAGE: sets device. A map that hangs has mapped all the same, as a rule: that device
# is taken away again when the script ends.
map_device() {
  local status=0 number
  device=$(as_user rbd map "$pool/$1") || status=$?
  if ((status != 0)); then
    udevd_remedy
    case $status in
      124 | 137)
        die 'failed: rbd map did not end within 30 s' '失败：rbd map 在 30 秒内没有结束'
        ;;
      *)
        die "failed: rbd map (status $status): dmesg | tail has the kernel's reason, $log_file that of rbd. A kernel older than 4.11 wants ceph osd crush tunables hammer, and monitors that answer on port 6789" \
          "失败：rbd map（状态 $status）：内核给出的原因见 dmesg | tail，rbd 的输出见 $log_file。低于 4.11 的内核需要 ceph osd crush tunables hammer，且 mon 须监听 6789 端口"
        ;;
    esac
  fi
  number=$(devices_of "$pool" "$1")
  [[ -n $number && $device == "/dev/rbd$number" && -b $device ]] ||
    die "failed: rbd map said '$device', and the kernel has '$number' for $pool/$1" \
      "失败：rbd map 返回「$device」，而内核中 $pool/$1 对应「$number」"
}

# The line of our own device: its image and its path.
shown_mapped() {
  as_user rbd showmapped | awk -v image="$image" -v device="$device" '
    { name = path = 0; for (i = 1; i <= NF; i++) { if ($i == image) name = 1; if ($i == device) path = 1 } if (name && path) found = 1 }
    END { exit !found }'
}

device_gone() { [[ ! -d $bus/devices/$1 ]]; }

# unmap_device NUMBER: by rbd; if that hangs, by the kernel's own interface, which waits for nobody.
unmap_device() {
  local file=$bus/remove_single_major
  as_user rbd unmap "/dev/rbd$1" >/dev/null && device_gone "$1" && return
  udevd_remedy
  warn "rbd unmap /dev/rbd$1 failed: the device is taken away through $bus" "rbd unmap /dev/rbd$1 失败：改由 $bus 移除该设备"
  [[ -e $file ]] || file=$bus/remove
  # shellcheck disable=SC2016 # for the shell that has the time limit
  device_gone "$1" || limit=30 quiet bash -c 'printf %s "$1" >"$2"' sh "$1" "$file" || true
  wait_for 10 device_gone "$1" && return
  warn "/dev/rbd$1 is still mapped: who holds it? fuser -v /dev/rbd$1; findmnt /dev/rbd$1" \
    "/dev/rbd$1 仍处于映射状态：请查看占用者 fuser -v /dev/rbd$1；findmnt /dev/rbd$1"
  return 1
}
