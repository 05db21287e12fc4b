#!/usr/bin/env bash
# What it takes to make and format an image through the kernel, as the original driver
# and its users did: create, map, mkfs on the device, unmap. No udev runs in the guest.
#   original.sh CONF IMAGE SIZE FEATURES
set -euo pipefail

rbd() {
  command rbd -c "$1" --id admin "${@:2}"
}

rbd "$1" create --size "$3" --image-feature "$4" "hyper/$2"
device=$(rbd "$1" map -o noudev "hyper/$2")
mkfs.ext4 -q -F "$device"
rbd "$1" unmap -o noudev "$device"
