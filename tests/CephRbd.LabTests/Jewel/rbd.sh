#!/bin/bash
# The command rbd as Jewel has it, as far as rbd status goes: it knows no namespaces,
# and its list of watchers is an object with one name for all of them. What it was
# called with is noted beside it.
set -euo pipefail

printf '%s\n' "$*" >>"${0%/*}/calls"
for argument; do
  if [[ $argument == --namespace ]]; then
    printf "rbd: unrecognised option '--namespace'\n" >&2
    exit 1
  fi
done
unset LD_LIBRARY_PATH
output=$(/usr/bin/rbd "$@")
if [[ $output =~ ^\{\"watchers\":\[(.*)\]\}$ ]]; then
  list=${BASH_REMATCH[1]//'{"address"'/'"watcher":{"address"'}
  output="{\"watchers\":{$list}}"
fi
printf '%s' "$output"
