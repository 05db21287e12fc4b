# shellcheck shell=bash
# Builds a Go program of the years before modules: its source in its place in GOPATH, at a revision
# that cannot move, and a manifest beside what was built. Source it after lib.sh.
# The script sets: project, import_path, default_url, default_revision, results (source=name …),
# go_floor, tools; and defines compile, which runs in the source.
# shellcheck disable=SC2154

source_dir='' url='' revision='' gopath='' out=out go=${GO:-go}

build_help() {
  cat <<TEXT
usage: $name [--source DIR | --git URL --revision REV] [--gopath DIR] [--out DIR]
       [--skip NAME]... [--dry-run]

$(build_about)

  --source DIR    this source, which is copied; it is not changed
  --git URL       where to clone from (default: $default_url)
  --revision REV  a tag or a commit, nothing that moves (default: $default_revision)
  --gopath DIR    where Go programs of that time lie (default: \$GOPATH, else ~/go); the
                  source goes to DIR/src/$import_path
  --out DIR       where the results go (default: ./out), with MANIFEST: revision, version of
                  Go, checksums
  --skip NAME     does without one of the checks: ${checks[*]}
  --dry-run       shows each command that would be run, and changes nothing

$(t 'The log is OUT/LOG. Run again, it builds only what is not built yet.' \
    '日志写入 OUT/LOG。再次运行时，只构建尚未构建的内容。' | sed "s/LOG/${name%.sh}.log/")
Environment: GO, the program to use as go. Exit status: 0, or 1 after a failure, 2 after
wrong arguments.
TEXT
}

parse_build() {
  while (($# > 0)); do
    case $1 in
      --source | --git | --revision | --gopath | --out | --skip)
        need_value "$1" $# "${2:-}"
        case $1 in
          --source) source_dir=$2 ;;
          --git) url=$2 ;;
          --revision) revision=$2 ;;
          --gopath) gopath=$2 ;;
          --out) out=$2 ;;
          --skip) skip_check "$2" ;;
        esac
        shift
        ;;
      --dry-run) dry=1 ;;
      -h | --help)
        build_help
        exit 0
        ;;
      *) misused "$1 is unknown" "未知参数 $1" ;;
    esac
    shift
  done
  if [[ -n $source_dir && -n $url$revision ]]; then
    misused '--source goes without --git and --revision' '--source 不能与 --git、--revision 同用'
  fi
  [[ $url != -* && $revision != -* ]] || misused 'a URL or revision cannot begin with -' 'URL 和版本不能以 - 开头'
  url=${url:-$default_url}
  revision=${revision:-$default_revision}
  gopath=${gopath:-${GOPATH:-${HOME:-/root}/go}}
  # A list of them: Go itself puts new things into the first.
  gopath=$(realpath -m "${gopath%%:*}")
  out=$(realpath -m "$out")
  target=$gopath/src/$import_path
  note=$(dirname "$target")/.$project.cephrbd
}

check_tools() {
  local absent
  # shellcheck disable=SC2086 # a list
  absent=$(missing $tools)
  [[ -z $absent ]] || t "not on the PATH: $absent. Install them, as by apt install" "PATH 中缺少：$absent，请安装（例如用 apt install）"
}

check_go() {
  local said version
  if ! command -v "$go" >/dev/null; then
    t "there is no $go: install Go $go_floor or newer, and put its bin folder on the PATH" \
      "找不到 $go：请安装 Go $go_floor 或更高版本，并把它的 bin 目录加入 PATH"
    return 0
  fi
  said=$(timeout 20 "$go" version 2>&1) || said="(failed) $said"
  version=$(sed -n 's/.*go version go\([0-9][0-9.]*\).*/\1/p' <<<"$said")
  if [[ -z $version ]]; then
    t "'$go version' does not tell one: $said" "「$go version」没有给出版本：$said"
  elif older "$version" "$go_floor"; then
    t "Go is $version, $go_floor or newer is needed" "Go 版本为 $version，需要 $go_floor 或更高"
  fi
}

check_source() {
  local origin
  if [[ -n $source_dir ]]; then
    [[ -d $source_dir ]] || t "there is no folder $source_dir" "目录 $source_dir 不存在"
    [[ ! -d $source_dir ]] || [[ $(realpath -m "$source_dir") == "$target" || ! -e $target || -f $note ]] ||
      t "$target is there and is not of this script's making: move it away, or give another --gopath" \
        "$target 已存在，且不是本脚本创建的：请移走，或指定其他 --gopath"
    return 0
  fi
  [[ -e $target ]] || return 0
  if ! origin=$(git -C "$target" config remote.origin.url 2>/dev/null); then
    t "$target is there and no clone: move it away, or give another --gopath" "$target 已存在且不是 git 克隆：请移走，或指定其他 --gopath"
  elif [[ $origin != "$url" ]]; then
    t "$target is a clone of $origin, not of $url: give another --gopath" "$target 克隆自 $origin 而不是 $url：请指定其他 --gopath"
  elif [[ -n $(git -C "$target" status --porcelain --untracked-files=no) ]]; then
    t "$target has changes that are not committed: commit them and name that commit, or use --source" \
      "$target 有未提交的修改：请提交后指定该提交，或使用 --source"
  fi
}

check_space() {
  local path=$gopath free
  while [[ ! -e $path ]]; do
    path=$(dirname "$path")
  done
  free=$(df -Pm "$path" | awk 'NR == 2 { print $4 }')
  ((free >= 2048)) || t "$path: $free MiB are free, a build needs 2048" "$path 只剩 $free MiB，构建需要 2048 MiB"
}

# pinned: the commit that the revision stands for, in the clone; a branch is refused.
pinned() {
  git -C "$1" rev-parse --quiet --verify "refs/tags/$revision^{commit}" && return 0
  [[ $revision =~ ^[0-9a-f]{7,40}$ ]] && git -C "$1" rev-parse --quiet --verify "$revision^{commit}"
}

clone() {
  local stage
  stage=$(dirname "$target")/.$project.clone
  export GIT_TERMINAL_PROMPT=0
  if [[ ! -e $target ]]; then
    run mkdir -p "$(dirname "$target")"
    run rm -rf "$stage"
    run -t 1800 git clone --no-checkout "$url" "$stage" ||
      die "cannot clone $url: is there a way to it from here? (proxy: https_proxy). A source from elsewhere goes by --source" \
        "无法克隆 $url：本机能访问它吗？（代理：https_proxy）也可用 --source 指定已有源码"
    run mv "$stage" "$target"
  elif [[ -z $dry ]] && ! pinned "$target" >/dev/null; then
    run -t 600 git -C "$target" fetch --tags origin || die "cannot fetch from $url" "无法从 $url 获取更新"
  fi
  if [[ -n $dry ]]; then
    would git -C "$target" checkout --detach --force "$revision"
    commit=$revision
    return 0
  fi
  commit=$(pinned "$target") || die "$revision is neither a tag nor a commit of $url: a branch moves, so it is not taken. See: git -C $target tag" \
    "$revision 不是 $url 的标签或提交；分支会变化，因此不接受。查看标签：git -C $target tag"
  if [[ $(git -C "$target" rev-parse --verify HEAD 2>/dev/null) != "$commit" || ! -e $target/Makefile && ! -e $target/Makefile.am ]]; then
    run -t 300 git -C "$target" checkout --detach --force "$commit"
  fi
}

# A link would not do: Go looks at the real path.
copy_source() {
  local stage
  commit=$(git -C "$source_dir" rev-parse --verify HEAD 2>/dev/null) || commit=unknown
  if [[ $commit != unknown && -n $(git -C "$source_dir" status --porcelain 2>/dev/null) ]]; then
    commit+='+changes'
  fi
  [[ $(realpath -m "$source_dir") != "$target" ]] || return 0
  stage=$(dirname "$target")/.$project.copy
  run mkdir -p "$(dirname "$target")"
  run rm -rf "$stage"
  run -t 600 cp -a "$source_dir" "$stage"
  run touch "$note"
  run rm -rf "$target"
  run mv "$stage" "$target"
}

# stamp: what decides what comes out.
stamp() {
  printf 'project=%s\nsource=%s\ncommit=%s\ngo=%s\n' "$project" "${source_dir:-$url}" "$commit" "$("$go" version)"
}

# built: whether OUT holds what this stamp stands for. A copied source may have changed unseen.
built() {
  [[ -z $source_dir && -f $out/MANIFEST.$project ]] || return 1
  [[ $(grep -v '^sha256=' "$out/MANIFEST.$project") == "$(stamp)" ]] || return 1
  (cd "$out" && sed -n 's/^sha256=//p' "MANIFEST.$project" | sha256sum --quiet --status -c -)
}

collect() {
  local pair from to
  for pair in "${results[@]}"; do
    from=$target/${pair%%=*} to=$out/${pair#*=}
    if [[ -z $dry && ! -s $from ]]; then
      die "the build ended well, but left no $from: is this the right revision?" "构建成功，但没有生成 $from：版本是否正确？"
    fi
    put_file 0755 "$from" "$to"
  done
  [[ -z $dry ]] || return 0
  {
    stamp
    for pair in "${results[@]}"; do
      (cd "$out" && sha256sum "${pair#*=}") | sed 's/^/sha256=/'
    done
  } >"$work/manifest"
  put_file 0644 "$work/manifest" "$out/MANIFEST.$project"
}

build_main() {
  parse_build "$@"
  [[ -n $dry ]] || mkdir -p "$out"
  open_log "$out" "$@"
  begin
  preflight
  if [[ -n $source_dir ]]; then
    copy_source
  else
    clone
  fi
  if [[ -z $dry ]] && built; then
    say "no change: $out has $project of $commit" "无变化：$out 中已有 $project（$commit）"
    return 0
  fi
  say "building $project of $commit in $target" "正在 $target 构建 $project（$commit）"
  # GOPATH mode: a Go of today would look for modules.
  export GOPATH=$gopath GO111MODULE=off GOFLAGS=
  [[ -n $dry ]] || cd "$target" || exit 1
  after_source
  compile
  collect
  if [[ -n $dry ]]; then
    say 'a dry run: nothing was changed' '演习模式：未做任何改动'
  else
    say "done: $(printf '%s ' "${results[@]#*=}")in $out, built from $commit; see $out/MANIFEST.$project" \
      "完成：$(printf '%s ' "${results[@]#*=}")位于 $out，构建自 $commit，详见 $out/MANIFEST.$project"
  fi
}
