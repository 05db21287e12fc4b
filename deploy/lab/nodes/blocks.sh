#!/usr/bin/env bash
# Takes out of a Markdown document the code that is to be run on nodes, so that what a
# reader is told to type is what is tried. Such a block begins with
#   ```sh node1 node2 seconds=300
# and is meant for each of the nodes, in this order; "guest" is a machine with a kernel of its
# own. All other blocks are for reading.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: blocks.sh list FILE
       blocks.sh show FILE N

list  one line for each block that names nodes, fields divided by tabs: its number, from 1;
      the line where it begins; its nodes, divided by blanks; its key=value words, likewise.
show  the code of block N.
TEXT
}

fail() {
  printf 'blocks.sh: %s\n' "$*" >&2
  exit 1
}

# read_info LINE-NUMBER INFO…: sets nodes and options; fails for a word that means nothing.
read_info() {
  local line=$1 word
  shift
  nodes=()
  options=()
  for word; do
    case $word in
      [a-z]*=?*) options+=("$word") ;;
      node[1-9] | guest) nodes+=("$word") ;;
      *) fail "$file, line $line: \"$word\" is neither a node (node1 to node9, guest) nor key=value" ;;
    esac
  done
  ((${#nodes[@]} > 0 || ${#options[@]} == 0)) || fail "$file, line $line: ${options[*]} without a node has no meaning"
}

# each_block FUNCTION: calls it at the end of each block that names nodes; it finds number,
# begin, nodes, options and code.
each_block() {
  local line text fence='' indent='' wanted=0 count=0
  local -a info
  # shellcheck disable=SC2016 # backticks are meant
  local opening='^([[:blank:]]*)(```+|~~~+)[[:blank:]]*([^`]*)$'
  number=0
  while IFS= read -r text || [[ -n $text ]]; do
    count=$((count + 1))
    text=${text%$'\r'}
    if [[ -z $fence ]]; then
      [[ $text =~ $opening ]] || continue
      indent=${BASH_REMATCH[1]}
      fence=${BASH_REMATCH[2]}
      read -r -a info <<<"${BASH_REMATCH[3]}" || true
      begin=$count
      code=
      wanted=0
      if [[ ${info[0]:-} == sh ]]; then
        read_info "$count" "${info[@]:1}"
        ((${#nodes[@]} == 0)) || wanted=1
      fi
    elif [[ $text =~ ^[[:blank:]]*(\`+|~+)[[:blank:]]*$ && ${BASH_REMATCH[1]} == "$fence"* ]]; then
      fence=
      if ((wanted)); then
        number=$((number + 1))
        "$1"
      fi
    else
      code+=${text#"$indent"}$'\n'
    fi
  done <"$file"
  [[ -z $fence ]] || fail "$file: the block that begins in line $begin has no end"
}

print_line() {
  printf '%d\t%d\t%s\t%s\n' "$number" "$begin" "${nodes[*]}" "${options[*]}"
}

print_code() {
  ((number == want)) || return 0
  shown=1
  printf '%s' "$code"
}

nodes=()
options=()
number=0
begin=0
code=
want=0
shown=0
verb=${1:-help}
case $verb:$# in
  help:* | -h:* | --help:*)
    usage
    exit
    ;;
  list:2 | show:3) ;;
  *)
    usage >&2
    exit 2
    ;;
esac
file=$2
[[ -f $file && -r $file ]] || fail "there is no $file to read"
if [[ $verb == list ]]; then
  each_block print_line
else
  want=$3
  [[ $want =~ ^[1-9][0-9]*$ ]] || fail "$want is no number of a block"
  each_block print_code
  ((shown)) || fail "$file has $number blocks for nodes, and no block $want"
fi
