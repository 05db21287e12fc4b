# The documents hold together: what is to be typed is the same in each language, and each
# link leads somewhere.
# shellcheck disable=SC2016,SC1112 # awk's $, backticks, typographic quotes

setup() {
  root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
  dir=$BATS_TEST_TMPDIR
}

# What is common to all awk programs below: code is 1 for the lines of a block, 2 for its
# first line and 3 for its last one.
fences='
  {
    sub(/\r$/, "")
    code = (fence != "")
    if (match($0, /^[ \t]*(```+|~~~+)/)) {
      mark = substr($0, 1, RLENGTH)
      sub(/^[ \t]+/, "", mark)
      info = substr($0, RSTART + RLENGTH)
      if (fence == "" && info !~ /`/) {
        fence = mark
        code = 2
      } else if (fence != "" && index(mark, fence) == 1 && info ~ /^[ \t]*$/) {
        fence = ""
        code = 3
      }
    }
  }
'

# blocks FILE all|nodes: the blocks with their first and last lines; nodes: those whose first
# line names where they are run.
blocks() {
  awk -v only="$2" "$fences"'
    code == 2 { shown = (only == "all" || info ~ /^[ \t]*sh[ \t]+[^ \t]/) }
    code && shown { print }
  ' "$1"
}

# levels FILE: the headlines without their words.
levels() {
  awk "$fences"'!code && /^#+ / { print $1 }' "$1"
}

# anchors FILE: one for each headline, made as GitHub makes them: lower case, no punctuation,
# blanks become hyphens, and a number for the second one of the same words.
anchors() {
  awk "$fences"'
    BEGIN { wide = split("， 。 、 ： ； ？ ！ （ ） 《 》 「 」 【 】 “ ” ‘ ’ · … — → –", mark_of, " ") }
    !code && /^#+ / {
      words = $0
      sub(/^#+ +/, "", words)
      sub(/[ \t]+$/, "", words)
      while (match(words, /\]\([^)]*\)/))
        words = substr(words, 1, RSTART - 1) substr(words, RSTART + RLENGTH)
      words = tolower(words)
      gsub(/[]!"#$%&\047()*+,.\/:;<=>?@[\\^`{|}~]/, "", words)
      for (i = 1; i <= wide; i++)
        gsub(mark_of[i], "", words)
      gsub(/ /, "-", words)
      print words (seen[words] ? "-" seen[words] : "")
      seen[words]++
    }
  ' "$1"
}

# links FILE: line and target of each link, divided by a tab; code is not looked at.
links() {
  awk "$fences"'
    function target(text) { printf "%d\t%s\n", NR, text }
    code { next }
    {
      text = $0
      gsub(/``[^`]+`?[^`]*``/, "", text)
      gsub(/`[^`]*`/, "", text)
      if (match(text, /^ *\[[^]]+\]:[ \t]+/)) {
        text = substr(text, RLENGTH + 1)
        sub(/[ \t].*$/, "", text)
        target(text)
        next
      }
      while (match(text, /\]\([^)]*\)|(href|src)="[^"]*"/)) {
        found = substr(text, RSTART, RLENGTH)
        text = substr(text, RSTART + RLENGTH)
        sub(/^(\]\(|(href|src)=")[ \t]*/, "", found)
        sub(/([ \t]+"[^"]*")?[ \t]*[)"]$/, "", found)
        target(found)
      }
    }
  ' "$1"
}

# check_links ROOT FILE…: tells each link that leads nowhere; ROOT is the project's folder,
# since what lies outside of it is not there for a reader.
check_links() {
  local top=$1 file line target path anchor bad=0
  local -A known=()
  shift
  for file; do
    while IFS=$'\t' read -r line target; do
      [[ $target != http://* && $target != https://* ]] || continue
      path=${target%%#*}
      anchor=
      [[ $target != *'#'* ]] || anchor=${target#*#}
      printf -v anchor '%b' "${anchor//%/\\x}"
      path=$(realpath -m "${file%/*}/${path:-${file##*/}}")
      if [[ $target != ?* || ! -e $path || $path/ != "$top"/* ]]; then
        echo "$file, line $line: ($target) leads to $path, which is not there"
        bad=1
      elif [[ $target == *'#'* ]]; then
        [[ -n ${known[$path]+x} || $path != *.md ]] || known[$path]=$'\n'$(anchors "$path")$'\n'
        if [[ -z $anchor || ${known[$path]-} != *$'\n'"$anchor"$'\n'* ]]; then
          echo "$file, line $line: ($target): $path has no headline with the anchor \"$anchor\""
          bad=1
        fi
      fi
    done < <(links "$file")
  done
  return "$bad"
}

# Writes a document; ''' stands for the fence.
document() {
  sed "s/'''/\`\`\`/g" >"$dir/$1"
}

@test "deployment: all blocks are the same in both languages, and there are some for nodes" {
  [ "$(blocks "$root/docs/deployment.md" nodes | grep -c '^```sh node')" -ge 10 ]
  diff -u <(blocks "$root/docs/deployment.md" all) <(blocks "$root/docs/deployment.zh-CN.md" all)
}

@test "each Chinese document has an English one with the same blocks for nodes and the same headlines" {
  local chinese english count=0
  for chinese in "$root"/docs/*.zh-CN.md; do
    english=${chinese%.zh-CN.md}.md
    echo "$chinese and $english"
    diff -u <(blocks "$english" nodes) <(blocks "$chinese" nodes)
    diff -u <(levels "$english") <(levels "$chinese")
    count=$((count + 1))
  done
  [ "$count" -ge 1 ]
}

@test "documents in two languages lead to each other" {
  local chinese english
  for chinese in "$root"/docs/*.zh-CN.md "$root/README.zh-CN.md"; do
    english=${chinese%.zh-CN.md}.md
    echo "$chinese and $english"
    links "$english" | cut -f2 | grep -qxF "${chinese##*/}"
    links "$chinese" | cut -f2 | grep -qxF "${english##*/}"
  done
}

@test "each link of the documents leads to a file, and to a headline of it" {
  check_links "$root" "$root"/docs/*.md "$root"/*.md "$root"/bench/*.md
}

@test "README names each document" {
  local doc
  for doc in "$root"/docs/*.md; do
    echo "$doc"
    if [[ $doc != *.zh-CN.md ]]; then
      links "$root/README.md" | cut -f2 | grep -qxF "docs/${doc##*/}"
    fi
    links "$root/README.zh-CN.md" | cut -f2 | grep -qxF "docs/${doc##*/}"
  done
}

@test "blocks: what differs in a line, in the order or in the nodes is seen; text is not" {
  document a.md <<'DOC'
text
'''sh node1
one
'''
'''
shown
'''
  '''sh guest
  two
  '''
DOC
  [ "$(blocks "$dir/a.md" nodes | wc -l)" -eq 6 ]
  [ "$(blocks "$dir/a.md" all | wc -l)" -eq 9 ]
  sed 's/text/other text/' "$dir/a.md" >"$dir/b.md"
  diff <(blocks "$dir/a.md" nodes) <(blocks "$dir/b.md" nodes)
  sed 's/one/one /' "$dir/a.md" >"$dir/b.md"
  run diff <(blocks "$dir/a.md" nodes) <(blocks "$dir/b.md" nodes)
  [ "$status" -eq 1 ]
  sed 's/node1/node2/' "$dir/a.md" >"$dir/b.md"
  run diff <(blocks "$dir/a.md" nodes) <(blocks "$dir/b.md" nodes)
  [ "$status" -eq 1 ]
}

@test "anchors are those of GitHub" {
  document a.md <<'DOC'
# Is it `all` there?
## EBUSY: the device, it's in use
## API server 的地址
## 部署 frakti、hyperd 和驱动
## [Deadlines](x.md#y) – a_b
## Deadlines
## Deadlines
'''
# not this
'''
DOC
  run anchors "$dir/a.md"
  [ "$output" = "is-it-all-there
ebusy-the-device-its-in-use
api-server-的地址
部署-fraktihyperd-和驱动
deadlines--a_b
deadlines
deadlines-1" ]
}

@test "a link that leads nowhere is told with its line, and others are not" {
  document b.md <<'DOC'
## Second part
DOC
  document a.md <<'DOC'
# 第一 部分
[a](b.md) and [`b`](b.md#second-part "title"), [c](#第一-部分) ![d](./b.md)
[e](#%E7%AC%AC%E4%B8%80-%E9%83%A8%E5%88%86) [f](https://example.invalid/x) `[g](code.md)`
'''
[h](block.md)
'''
[i]: b.md
DOC
  run check_links "$dir" "$dir/a.md" "$dir/b.md"
  echo "$output"
  [ "$status" -eq 0 ]
  [ "$(links "$dir/a.md" | wc -l)" -eq 7 ]

  local link
  for link in '[x](missing.md)' '[x](b.md#second)' '[x](#part)' '[x](b.md#)' '[x]()' '[x](../)' \
    '![x](x.png)' '[x]: missing.md' '<a href="missing.md">x</a>' '[a](b.md) [x](missing.md)'; do
    echo "$link"
    printf '# Part one\n\n%s\n' "$link" >"$dir/c.md"
    run check_links "$dir" "$dir/c.md"
    [ "$status" -eq 1 ]
    [ "${#lines[@]}" -eq 1 ]
    [[ $output == "$dir/c.md, line 3: "* ]]
  done
}
