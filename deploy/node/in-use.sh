#!/bin/sh
# Who still needs the driver on this node. POSIX sh: packages' scripts call it.
set -eu
LC_ALL=C
export LC_ALL

help() {
  cat <<'TEXT'
usage: in-use.sh [--root DIR]

Prints, one on a line, what on this node still needs the driver: places where its volumes
are mounted, tags of VMs' volumes in plain folders, attached volumes.
Without the driver kubelet cannot end the pods that they belong to.

  --root DIR   looks below DIR (for tests)

Exit status: 0 if nothing is in use, 1 if something is, 2 after wrong arguments.
TEXT
}

root=
case ${1:-} in
  '') ;;
  -h | --help)
    help
    exit 0
    ;;
  --root) root=${2:?in-use.sh: --root needs a folder} ;;
  *)
    printf 'in-use.sh: %s is unknown (see in-use.sh --help)\n' "$1" >&2
    exit 2
    ;;
esac

mounted() {
  [ -r "$root/proc/self/mountinfo" ] || return 0
  awk '{
      for (i = 7; i < NF && $i != "-"; i++) continue
      if ($5 ~ /\/hyper~cephrbd\// || $5 ~ /\/flexvolume\/hyper\/cephrbd\// ||
          $5 ~ /^\/var\/lib\/cephrbd\/mounts\// || ($(i + 1) == "tmpfs" && $(i + 2) == "cephrbd"))
        print "mounted: " $5
    }' "$root/proc/self/mountinfo"
}

tags() {
  for tag in "$root"/var/lib/kubelet/pods/*/volumes/hyper~cephrbd/*/hyper-flexvolume.json; do
    [ ! -f "$tag" ] || printf 'a VM has it: %s\n' "${tag%/*}"
  done
}

attached() {
  for record in "$root"/run/cephrbd/attached/*; do
    [ ! -f "$record" ] || printf 'attached: see cephrbd status (%s)\n' "$record"
  done
}

found=$(
  mounted
  tags
  attached
)
[ -n "$found" ] || exit 0
printf '%s\n' "$found"
exit 1
