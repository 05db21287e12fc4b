#!/usr/bin/env bats
# build_frakti.sh and build_hyperd.sh, against small sources with the same targets, and a go that
# writes what it was asked for.

load stubs

setup() {
  node_new
  scripts=$project/deploy/node
  answer 'go version' 'go version go1.21.3 linux/amd64'
  # shellcheck disable=SC2016 # the stub's
  act 'go build *' 'while [[ $1 != -o ]]; do shift; done
    printf "built in %s, GO111MODULE=%s\n" "$PWD" "$GO111MODULE" >"$2"'
  export GIT_AUTHOR_NAME=t GIT_AUTHOR_EMAIL=t@t GIT_COMMITTER_NAME=t GIT_COMMITTER_EMAIL=t@t
}
teardown() { node_check; }

# frakti_repository: a tag v1, a branch main that is further.
frakti_repository() {
  repository=$node_root/frakti
  git init -q -b main "$repository"
  mkdir -p "$repository/pkg"
  printf 'package pkg // cephRBDOptsData\n' >"$repository/pkg/a.go"
  printf 'frakti:\n\tmkdir -p out\n\tgo build -a -o ./out/frakti ./cmd/frakti\n\tgo build -a -o ./out/cephrbd ./cmd/cephrbd\n' >"$repository/Makefile"
  git -C "$repository" add .
  git -C "$repository" commit -qm one
  git -C "$repository" tag v1
  printf '# more\n' >>"$repository/Makefile"
  git -C "$repository" commit -qam two
}

hyperd_source() {
  source=$node_root/hyperd
  mkdir -p "$source"
  printf '#!/bin/sh\necho "#!/bin/sh" >configure; echo "touch configured" >>configure; chmod 755 configure\n' >"$source/autogen.sh"
  chmod 755 "$source/autogen.sh"
  printf 'all: configured\n\tmkdir -p cmd/hyperd cmd/hyperctl\n\tgo build -o cmd/hyperd/hyperd .\n\tgo build -o cmd/hyperctl/hyperctl .\n' >"$source/Makefile"
}

frakti=(build_frakti.sh --gopath /root/go --out /root/out)

build_frakti() { node "$scripts/${frakti[0]}" "${frakti[@]:1}" --git "$repository" "$@"; }

@test "frakti of a tag is built in its place in GOPATH, with a manifest" {
  frakti_repository
  run build_frakti --revision v1
  ((status == 0)) || {
    echo "$output"
    false
  }
  has "done: frakti in /root/out, built from $(git -C "$repository" rev-parse v1)"
  [[ $(<"$upper/root/out/frakti") == 'built in /root/go/src/k8s.io/frakti, GO111MODULE=off' ]]
  [[ ! -e $upper/root/out/cephrbd ]]
  grep -qx "commit=$(git -C "$repository" rev-parse v1)" "$upper/root/out/MANIFEST.frakti"
  grep -qx 'go=go version go1.21.3 linux/amd64' "$upper/root/out/MANIFEST.frakti"
  grep -qx "sha256=$(sha256sum <"$upper/root/out/frakti" | cut -d ' ' -f 1)  frakti" "$upper/root/out/MANIFEST.frakti"
}

@test "a second build of the same builds nothing; another revision does" {
  frakti_repository
  run build_frakti --revision v1
  forget_calls
  run build_frakti --revision v1
  ((status == 0)) || {
    echo "$output"
    false
  }
  has 'no change'
  not_called 'go build'
  run build_frakti --revision "$(git -C "$repository" rev-parse main)"
  ((status == 0)) || {
    echo "$output"
    false
  }
  called 'go build'
  grep -qx "commit=$(git -C "$repository" rev-parse main)" "$upper/root/out/MANIFEST.frakti"
}

@test "a result that was spoilt is built anew" {
  frakti_repository
  run build_frakti --revision v1
  echo spoilt >"$upper/root/out/frakti"
  run build_frakti --revision v1
  ((status == 0)) || {
    echo "$output"
    false
  }
  [[ $(<"$upper/root/out/frakti") == 'built in '* ]]
}

@test "a branch is no revision" {
  frakti_repository
  run build_frakti --revision main
  ((status == 1))
  has 'main is neither a tag nor a commit'
  not_called 'go build'
}

@test "a frakti that knows nothing of Ceph RBD volumes is refused, unless that is waived" {
  frakti_repository
  git -C "$repository" rm -q pkg/a.go
  git -C "$repository" commit -qm three
  git -C "$repository" tag v0
  run build_frakti --revision v0
  ((status == 1))
  has 'does not know Ceph RBD volumes'
  not_called 'go build'
  run build_frakti --revision v0 --skip ceph-support
  ((status == 0)) || {
    echo "$output"
    false
  }
}

@test "a dry run shows the commands and changes nothing" {
  frakti_repository
  run build_frakti --revision v1 --dry-run
  ((status == 0)) || {
    echo "$output"
    false
  }
  has 'would run: git clone --no-checkout'
  has 'would run: git -C /root/go/src/k8s.io/frakti checkout --detach --force v1'
  has 'would run: make'
  [[ ! -e $upper/root/go && ! -e $upper/root/out ]]
}

@test "a clone of something else, or with changes, is left alone" {
  frakti_repository
  run build_frakti --revision v1
  run node "$scripts/build_frakti.sh" --gopath /root/go --out /root/out --git https://example.invalid/x --revision v1
  ((status == 1))
  has "source: /root/go/src/k8s.io/frakti is a clone of $repository"
  echo changed >>"$upper/root/go/src/k8s.io/frakti/Makefile"
  run build_frakti --revision v1
  ((status == 1))
  has 'has changes that are not committed'
}

@test "an interrupted clone is begun anew" {
  frakti_repository
  mkdir -p "$upper/root/go/src/k8s.io/.frakti.clone/half"
  run build_frakti --revision v1
  ((status == 0)) || {
    echo "$output"
    false
  }
  [[ ! -e $upper/root/go/src/k8s.io/.frakti.clone ]]
}

@test "a build that fails says where its output is" {
  frakti_repository
  answer 'go build *' 'undefined: x' 1
  run build_frakti --revision v1
  ((status == 1))
  has 'undefined: x'
  has 'frakti could not be built; the whole output is in /root/out/build_frakti.log'
  grep -q 'undefined: x' "$upper/root/out/build_frakti.log"
}

@test "a build that leaves no program has failed" {
  frakti_repository
  answer 'go build *'
  run build_frakti --revision v1
  ((status == 1))
  has 'left no /root/go/src/k8s.io/frakti/out/frakti'
}

@test "an old Go and missing tools are told together" {
  frakti_repository
  answer 'go version' 'go version go1.6 linux/arm64'
  # All programs of this machine but two.
  # shellcheck disable=SC2016 # for the node's shell
  run node /bin/bash -c 'mkdir /root/bin; ln -s /usr/bin/* /usr/sbin/* /root/bin 2>/dev/null; rm /root/bin/{make,gcc}
    ln -sf /run/stub/bin/go /root/bin/go; PATH=/root/bin; "$@"' - "$scripts/build_frakti.sh" --gopath /root/go --out /root/out --git "$repository" --revision v1
  ((status == 1))
  has 'Go is 1.6, 1.9 or newer is needed'
  has 'tools: not on the PATH: make gcc'
}

@test "hyperd and hyperctl are built from a folder, which stays as it is" {
  hyperd_source
  skips=(--skip headers --skip tools)
  run node "$scripts/build_hyperd.sh" --gopath /root/go --out /root/out --source "$source" "${skips[@]}"
  ((status == 0)) || {
    echo "$output"
    false
  }
  [[ $(<"$upper/root/out/hyperd") == 'built in /root/go/src/github.com/hyperhq/hyperd, GO111MODULE=off' ]]
  [[ -x $upper/root/out/hyperctl ]]
  [[ ! -e $source/configure ]]
  grep -qx 'commit=unknown' "$upper/root/out/MANIFEST.hyperd"
  # A folder that is nobody's clone is not of this script's making.
  rm "$upper/root/go/src/github.com/hyperhq/.hyperd.cephrbd"
  run node "$scripts/build_hyperd.sh" --gopath /root/go --out /root/out --source "$source" "${skips[@]}"
  ((status == 1))
  has "is there and is not of this script's making"
}

@test "headers that are missing are named by their packages" {
  answer 'gcc *' '' 1
  hyperd_source
  run node "$scripts/build_hyperd.sh" --gopath /root/go --out /root/out --source "$source" --skip tools
  ((status == 1))
  has 'headers: header files are missing: apt install libdevmapper-dev librbd-dev librados-dev libvirt-dev'
}

@test "wrong arguments end with 2" {
  run node "$scripts/build_frakti.sh" --nonsense
  ((status == 2))
  run node "$scripts/build_frakti.sh" --source x --revision y
  ((status == 2))
  run node "$scripts/build_frakti.sh" --revision --upload-pack=x
  ((status == 2))
}
