#!/bin/sh
# What runtime host is compared with: an image mapped and mounted by Ceph's own tool, after
# a look at who has it open. (Two that do this at the same moment both get it.)
#   by-hand.sh mount|unmount CONF IMAGE DIR
set -eu

case $1 in
  mount)
    case $(rbd -c "$2" --id admin status "hyper/$3") in
      *'Watchers: none'*) ;;
      *) exit 1 ;;
    esac
    device=$(rbd -c "$2" --id admin map -o noudev "hyper/$3")
    blkid "$device" >/dev/null
    mount "$device" "$4"
    ;;
  unmount)
    umount "$4"
    rbd -c "$2" --id admin unmap -o noudev "hyper/$3"
    ;;
esac
