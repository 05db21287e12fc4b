# shellcheck shell=bash
# What 0_install_ceph.sh does with apt: its own source, its own pin, its own settings for one run.
# Needs lib.sh, and the options of that script.
# shellcheck disable=SC2154

list=/etc/apt/sources.list.d/cephrbd-ceph.list
pin=/etc/apt/preferences.d/cephrbd-ceph
trusted=/usr/share/keyrings/cephrbd-ceph.gpg

# codename: of the system. Kylin 4 calls itself juniper, and is xenial beneath.
codename() {
  local name=
  # shellcheck source=/dev/null
  name=$(. /etc/os-release 2>/dev/null && printf '%s' "${UBUNTU_CODENAME:-${VERSION_CODENAME:-}}") || name=
  [[ -n $name ]] || name=$(sed -n 's/^DISTRIB_CODENAME=//p' /etc/lsb-release 2>/dev/null) || name=
  [[ -n $name ]] || name=$(timeout 10 lsb_release -cs 2>/dev/null) || name=
  [[ $name != juniper ]] || name=xenial
  printf '%s\n' "$name"
}

system_name() {
  local name=
  # shellcheck source=/dev/null
  name=$(. /etc/os-release 2>/dev/null && printf '%s' "${PRETTY_NAME:-${NAME:-}}") || name=
  printf '%s\n' "${name:-$(t 'an unknown system' 未知系统)}"
}

# suited: which release to choose here.
suited() {
  case $(codename) in
    xenial | trusty | jessie) echo jewel ;;
    *) echo distribution ;;
  esac
}

# version_of PACKAGE: installed, without epoch; nothing if it is not.
version_of() {
  local line
  line=$(dpkg-query -W -f '${db:Status-Abbrev} ${Version}' "$1" 2>/dev/null) || return 0
  [[ $line == ?i* ]] || return 0
  line=${line##* }
  printf '%s\n' "${line#*:}"
}

# candidate_of PACKAGE: what apt would install, without epoch; nothing if there is none.
candidate_of() {
  local version
  version=$(quiet apt-cache policy "$1" | awk '$1 == "Candidate:" { print $2 }')
  [[ $version != '(none)' ]] || version=
  printf '%s\n' "${version#*:}"
}

# key_id FILE: the fingerprints of the primary keys in it.
key_id() {
  quiet gpg --homedir "$private/gpg" --batch --with-colons --with-fingerprint "$1" |
    awk -F: '$1 == "pub" { primary = 1 } $1 == "sub" { primary = 0 } $1 == "fpr" && primary { print $10; primary = 0 }'
}

gpg_home() {
  private_dir
  [[ -d $private/gpg ]] || mkdir "$private/gpg"
}

# put_source: the list, the key and the pin; taken away again if this run made them and fails
# before anything is installed: a source that does not work is in the way of every apt run.
new_files=()
put_source() {
  local line='' file
  for file in "$trusted" "$list" "$pin"; do
    [[ -e $file ]] || new_files+=("$file")
  done
  at_end take_back
  if [[ $release == jewel ]]; then
    if [[ -n $key ]]; then
      gpg_home
      if head -c 64 "$key" | grep -aq -e '-----BEGIN PGP'; then
        quiet gpg --homedir "$private/gpg" --batch --dearmor <"$key" >"$private/key" ||
          die "gpg cannot read $key" "gpg 无法读取 $key"
      else
        cat "$key" >"$private/key"
      fi
      put_file 0644 root:root "$trusted" <"$private/key"
    fi
    line="deb [signed-by=$trusted] ${mirror%/}/debian-jewel/ $suite main"
    put_file 0644 root:root "$pin" <<PIN
Explanation: Jewel and nothing newer; written by 0_install_ceph.sh
Package: ceph ceph-base ceph-common ceph-fuse ceph-mds ceph-mon ceph-osd ceph-test libcephfs* librados* libradosstriper* librbd* librgw* python-ceph python-cephfs python-rados python-rbd radosgw rbd-*
Pin: version 10.2.*
Pin-Priority: 1001
PIN
  else
    line=$source_line
    # What a former choice of Jewel has left would keep the system's own release away.
    [[ ! -f $pin ]] || run rm -f "$pin" "$list"
  fi
  [[ -z $line ]] || put_file 0644 root:root "$list" <<<"$line"
}

installing=
take_back() {
  local file
  [[ -z $installing ]] || return 0
  for file in ${new_files[@]+"${new_files[@]}"}; do
    [[ ! -e $file ]] || rm -f "$file"
  done
}

# apt_settings: a private file by APT_CONFIG. It leads apt to a private folder of settings: the
# node's own and ours last, as a proxy in the node's would otherwise win over the one asked for.
# None of that is in an argument.
apt_settings() {
  local parts file
  private_dir
  parts=$private/apt
  mkdir "$parts"
  for file in /etc/apt/apt.conf.d/*; do
    [[ ! -f $file ]] || cp "$file" "$parts/"
  done
  [[ ! -f /etc/apt/apt.conf ]] || cp /etc/apt/apt.conf "$parts/zz0"
  {
    if [[ -n $proxy ]]; then
      printf 'Acquire::http::Proxy "%s";\nAcquire::https::Proxy "%s";\n' "$proxy" "$proxy"
    fi
    if [[ -n $only_source ]]; then
      printf 'Dir::Etc::SourceList "%s";\nDir::Etc::SourceParts "/dev/null";\nAPT::Get::List-Cleanup "false";\n' "$list"
    fi
    printf 'DPkg::Lock::Timeout "120";\nAcquire::http::Timeout "60";\nAcquire::https::Timeout "60";\nAcquire::Retries "2";\n'
  } >"$parts/zz1cephrbd"
  printf 'Dir::Etc::Parts "%s";\nDir::Etc::Main "/dev/null";\n' "$parts" >"$private/apt.conf"
  export APT_CONFIG=$private/apt.conf DEBIAN_FRONTEND=noninteractive
}

# lock_holder: the process that holds a lock of dpkg or apt. The kernel lists such locks by inode;
# fuser may not be installed.
lock_holder() {
  local file inode
  for file in /var/lib/dpkg/lock-frontend /var/lib/dpkg/lock /var/lib/apt/lists/lock /var/cache/apt/archives/lock; do
    [[ -e $file ]] || continue
    inode=$(stat -c %i "$file")
    awk -v inode="$inode" '$2 == "POSIX" { split($6, part, ":"); if (part[3] == inode) { print $5; exit } }' /proc/locks
  done | head -n 1
}

no_lock() { [[ -z $(lock_holder) ]]; }

# missing_ones: the packages of the roles that are not installed.
missing_ones() {
  local package
  for package; do
    [[ -n $(version_of "$package") ]] || printf '%s\n' "$package"
  done
}

# right_candidates PACKAGE…: each must come in the release that is wanted, before any is installed.
right_candidates() {
  local package candidate there bad=0
  for package; do
    candidate=$(candidate_of "$package")
    there=$(version_of librados2)
    there=${there:-$(version_of ceph-common)}
    if [[ -z $candidate ]]; then
      warn "$package: no source has it" "$package：没有任何软件源提供"
      bad=1
    elif [[ $release == jewel && $candidate != 10.2.* ]]; then
      warn "$package: apt would install $candidate, not 10.2" "$package：apt 将安装 $candidate，而不是 10.2"
      bad=1
    elif [[ $release == jewel && $candidate != 10.2.10* ]]; then
      warn "$package: it will be $candidate; 10.2.10 is the one that was tried" "$package：将安装 $candidate；经过验证的是 10.2.10"
    elif [[ -n $there && -z $allow_change && ${candidate%%.*} != "${there%%.*}" ]]; then
      warn "$package: apt would install $candidate, and Ceph $there is here: --allow-change if that is meant" \
        "$package：apt 将安装 $candidate，而本机已有 Ceph $there：若确需更换，请用 --allow-change"
      bad=1
    fi
  done
  ((bad == 0)) || die 'nothing was installed: put right the sources (apt-cache policy ceph-common)' '未安装任何软件包：请修正软件源（apt-cache policy ceph-common）'
}

# given_proxy: sets proxy from the option. A password must not stand on a command line.
given_proxy() {
  local words
  case $proxy in
    @*)
      words=$(stat -Lc '%U %a' "${proxy#@}" 2>/dev/null) || misused "--proxy: ${proxy#@} cannot be read" "--proxy：无法读取 ${proxy#@}"
      [[ $words == 'root 600' || $words == 'root 400' ]] ||
        misused "--proxy: ${proxy#@} must be readable by root only (chown root, chmod 0600)" "--proxy：${proxy#@} 必须仅 root 可读（chown root，chmod 0600）"
      IFS= read -r proxy <"${proxy#@}" || true
      ;;
    *@*)
      proxy=
      misused '--proxy: a password does not belong on a command line: put the URL into a file and give --proxy @FILE' \
        '--proxy：密码不应出现在命令行上：请将 URL 写入文件，并使用 --proxy @文件'
      ;;
  esac
  [[ $proxy =~ ^https?://[^[:space:]\"\;]+$ ]] || misused '--proxy: http://HOST:PORT is needed' '--proxy：格式应为 http://主机:端口'
}
