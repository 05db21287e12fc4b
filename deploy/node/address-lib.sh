# shellcheck shell=bash
# Addresses of this node and its network. Source it; the script sets ip and dev.
# shellcheck disable=SC2154

is_address() {
  local part
  [[ $1 =~ ^([0-9]{1,3})\.([0-9]{1,3})\.([0-9]{1,3})\.([0-9]{1,3})$ ]] || return 1
  for part in "${BASH_REMATCH[@]:1}"; do
    ((10#$part <= 255)) || return 1
  done
}

# on_device: whether this node has the address there.
on_device() { [[ -n $(ip -4 -o address show dev "$dev" to "$ip/32" 2>/dev/null) ]]; }

# iputils' arping; the other one of that name has other options.
has_arping() { command -v arping >/dev/null && [[ $(arping -V 2>&1) == *iputils* ]]; }

# mac_of ADDRESS: who answers on it in this network; nothing if nobody does within 3 s. Without
# arping, the kernel is made to ask, by a packet to the port that throws all away.
mac_of() {
  local end said
  if has_arping; then
    said=$(timeout 6 arping -D -c 2 -w 3 -I "$dev" "$1" 2>/dev/null) || true
    sed -n 's/.*reply from [^[]*\[\([0-9A-Fa-f:]*\)\].*/\1/p' <<<"$said" | head -n 1 | tr '[:upper:]' '[:lower:]'
    return 0
  fi
  ip neigh del "$1" dev "$dev" 2>/dev/null || true
  timeout 2 bash -c "printf x >/dev/udp/$1/9" 2>/dev/null || true
  end=$((SECONDS + 3))
  while ((SECONDS < end)); do
    said=$(ip neigh show to "$1" dev "$dev" | sed -n 's/.*lladdr \([0-9a-f:]*\).*/\1/p')
    [[ -z $said ]] || {
      printf '%s\n' "$said"
      return 0
    }
    sleep 0.2
  done
}

number_of() {
  local IFS=.
  # shellcheck disable=SC2086 # split at the dots
  set -- $1
  printf '%d' $((10#$1 << 24 | 10#$2 << 16 | 10#$3 << 8 | 10#$4))
}

# fixed_address: that of this node in the same network.
fixed_address() {
  local found length mask
  while IFS=/ read -r found length; do
    mask=$((0xffffffff << (32 - length) & 0xffffffff))
    if [[ $found != "$ip" ]] && (((($(number_of "$found") ^ $(number_of "$ip")) & mask) == 0)); then
      printf '%s\n' "$found"
      return 0
    fi
  done < <(ip -4 -o address show dev "$dev" 2>/dev/null | awk '{ print $4 }')
}
