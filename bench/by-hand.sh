#!/bin/sh
# What runtime host is compared with: an image mapped and mounted by Ceph's own tool.
#   by-hand.sh mount|unmount CONF IMAGE DIR
set -eu

case $1 in
  mount)
    device=$(rbd -c "$2" --id admin map -o noudev "hyper/$3")
    blkid "$device" >/dev/null
    mount "$device" "$4"
    ;;
  unmount)
    umount "$4"
    rbd -c "$2" --id admin unmap -o noudev "hyper/$3"
    ;;
esac
