# What blocks.sh takes out of a document is what its author meant, or it says why not.

setup() {
  blocks=$BATS_TEST_DIRNAME/../../deploy/lab/nodes/blocks.sh
  doc=$BATS_TEST_TMPDIR/doc.md
}

# Writes the document; ''' stands for the fence.
document() {
  sed "s/'''/\`\`\`/g" >"$doc"
}

@test "only blocks that name nodes are taken" {
  document <<'DOC'
'''
plain
'''
'''sh
for reading
'''
'''yaml node1
no: code
'''
'''sh node1
taken
'''
DOC
  run "$blocks" list "$doc"
  [ "$status" -eq 0 ]
  [ "$output" = $'1\t10\tnode1\t' ]
  [ "$("$blocks" show "$doc" 1)" = taken ]
}

@test "nodes stay in order, key=value words stand apart" {
  document <<'DOC'
'''sh node3 seconds=300 node1 as=root
x
'''
DOC
  run "$blocks" list "$doc"
  [ "$status" -eq 0 ]
  [ "$output" = $'1\t1\tnode3 node1\tseconds=300 as=root' ]
}

@test "code comes out as it stands: blank lines, fences of other kinds, the indent of a list" {
  document <<'DOC'
1. step
   '''sh node2
   if true; then
     cat <<EOF
   ~~~
   EOF

   fi
   '''
DOC
  run "$blocks" show "$doc" 1
  [ "$status" -eq 0 ]
  [ "$output" = $'if true; then\n  cat <<EOF\n~~~\nEOF\n\nfi' ]
}

@test "a block within a longer fence is an example" {
  document <<'DOC'
''''''md
'''sh node1
shown only
'''
''''''
'''sh node1
run
'''
DOC
  run "$blocks" list "$doc"
  [ "$status" -eq 0 ]
  [ "$output" = $'1\t6\tnode1\t' ]
}

@test "a document of another system's line ends and without an end of the last line" {
  printf '```sh node1\r\necho a\r\n```' >"$doc"
  run "$blocks" show "$doc" 1
  [ "$status" -eq 0 ]
  [ "$output" = 'echo a' ]
}

@test "a document without such blocks has an empty list" {
  document <<<'text'
  run "$blocks" list "$doc"
  [ "$status" -eq 0 ]
  [ -z "$output" ]
}

@test "a word that is neither a node nor key=value is refused, with its line" {
  document <<'DOC'

'''sh node1 nodes2
x
'''
DOC
  run "$blocks" list "$doc"
  [ "$status" -eq 1 ]
  [[ $output == *'line 2: "nodes2" is neither'* ]]
}

@test "an option without a node is refused" {
  document <<'DOC'
'''sh seconds=3
x
'''
DOC
  run "$blocks" list "$doc"
  [ "$status" -eq 1 ]
  [[ $output == *'line 1: seconds=3 without a node'* ]]
}

@test "a block without an end is refused" {
  document <<'DOC'
'''sh node1
x
DOC
  run "$blocks" list "$doc"
  [ "$status" -eq 1 ]
  [[ $output == *'begins in line 1 has no end'* ]]
}

@test "a block that is not there is told, and what is wrong with the call" {
  document <<<'text'
  run "$blocks" show "$doc" 1
  [ "$status" -eq 1 ]
  [[ $output == *'has 0 blocks for nodes, and no block 1'* ]]
  run "$blocks" show "$doc" x
  [ "$status" -eq 1 ]
  run "$blocks" list "$doc.not"
  [ "$status" -eq 1 ]
  run "$blocks" take "$doc"
  [ "$status" -eq 2 ]
}
